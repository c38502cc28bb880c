/*
 * Builds the UI into <out>: one script, one style sheet, one worker, the theme switch and the page, each under a hashed name (except the
 * page) and compressed with gzip and brotli beside it. Also writes <out>/manifest.json for scripts/embed.py: what to embed, as which type,
 * and which sources it was made of.
 *
 *   node build.mjs [--out dist] [--no-check]
 */
import { build } from "esbuild";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
const flag = (name, otherwise) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? otherwise : process.argv[at + 1];
};
const out = resolve(flag("--out", join(here, "dist")));
const BUDGET_GZIP_BYTES = 150 * 1024;

function checkTypes() {
  const tsc = join(here, "node_modules", "typescript", "bin", "tsc");
  const run = spawnSync(process.execPath, [tsc, "--noEmit", "-p", here], { stdio: "inherit" });
  if (run.status !== 0) process.exit(1);
}

const sources = new Set(["package-lock.json", "tsconfig.json", "build.mjs", "index.html", "icon.svg"].map((name) => join(here, name)));

/* esbuild's own hash is of its inputs' names too; ours is of the bytes, so equal builds have equal names on every machine. */
function hashed(name, bytes) {
  const hash = createHash("sha256").update(bytes).digest("base64url").slice(0, 10);
  return name.replace(/(\.[a-z]+)$/, `-${hash}$1`);
}

async function bundle(entry, defines = {}) {
  const result = await build({
    absWorkingDir: here,
    entryPoints: [entry],
    bundle: true,
    write: false,
    outdir: join(out, "unhashed"),
    minify: true,
    format: "iife",
    target: ["es2022", "chrome123", "firefox120", "safari17.5"],
    legalComments: "none",
    metafile: true,
    jsx: "automatic",
    jsxImportSource: "preact",
    define: defines,
    logLevel: "warning",
  });
  for (const input of Object.keys(result.metafile.inputs)) sources.add(resolve(here, input));
  return result.outputFiles.map((file) => ({ name: relative(join(out, "unhashed"), file.path), bytes: file.contents }));
}

if (!process.argv.includes("--no-check")) checkTypes();
rmSync(out, { recursive: true, force: true });
mkdirSync(join(out, "assets"), { recursive: true });

const types = { js: "text/javascript; charset=utf-8", css: "text/css; charset=utf-8", svg: "image/svg+xml", html: "text/html; charset=utf-8" };
const files = [];
function emit(path, bytes) {
  const gzip = gzipSync(bytes, { level: 9 });
  const brotli = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
  writeFileSync(join(out, path), bytes);
  writeFileSync(join(out, `${path}.gz`), gzip);
  writeFileSync(join(out, `${path}.br`), brotli);
  files.push({ path, type: types[path.split(".").pop()], immutable: path.startsWith("assets/"), gzip_bytes: gzip.length, bytes: bytes.length });
}
function emitHashed(name, bytes) {
  const path = `assets/${hashed(name, bytes)}`;
  emit(path, bytes);
  return path;
}

const [worker] = await bundle("src/worker/hash.ts");
const workerPath = emitHashed("hash.js", worker.bytes);
const [theme] = await bundle("src/lib/theme-early.ts");
const themePath = emitHashed("theme.js", theme.bytes);
const app = await bundle("src/main.tsx", { WORKER_URL: JSON.stringify(`/ui/${workerPath}`) });
const scriptPath = emitHashed("app.js", app.find((file) => file.name.endsWith(".js")).bytes);
const stylePath = emitHashed("app.css", app.find((file) => file.name.endsWith(".css")).bytes);
const iconPath = emitHashed("icon.svg", readFileSync(join(here, "icon.svg")));

const page = readFileSync(join(here, "index.html"), "utf8")
  .replaceAll("%THEME%", `/ui/${themePath}`)
  .replaceAll("%SCRIPT%", `/ui/${scriptPath}`)
  .replaceAll("%STYLE%", `/ui/${stylePath}`)
  .replaceAll("%ICON%", `/ui/${iconPath}`);
emit("index.html", Buffer.from(page));

writeFileSync(join(out, "manifest.json"), JSON.stringify({ files, sources: [...sources].sort() }, null, 1));
const gzipBytes = files.reduce((sum, file) => sum + file.gzip_bytes, 0);
console.log(`ui: ${files.length} files, ${(gzipBytes / 1024).toFixed(1)} KiB gzipped`);
if (gzipBytes > BUDGET_GZIP_BYTES) {
  console.error(`ui: over the budget of ${BUDGET_GZIP_BYTES / 1024} KiB gzipped`);
  process.exit(1);
}
