/*
 * For work on the pages only, never in tests called real: serves ui/dist and answers the API from a small fixture.
 *
 *   node build.mjs && node dev/server.mjs [--port 8090] [--empty]      user admin, password admin
 */
import { createServer } from "node:http";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { createFixture } from "./fixture.mjs";

const dist = join(dirname(fileURLToPath(import.meta.url)), "..", "dist");
const argument = (name, otherwise) => (process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : otherwise);
const fixture = createFixture({ empty: process.argv.includes("--empty") });

const csp = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const types = { js: "text/javascript", css: "text/css", svg: "image/svg+xml", html: "text/html" };

function send(res, status, body, headers = {}) {
  const text = body === undefined ? "" : JSON.stringify(body);
  res.writeHead(status, { "Content-Type": "application/json", "X-Request-Id": "dev-1", ...headers });
  res.end(text);
}
const fail = (res, status, message) => send(res, status, { error: { code: "ERR_DEV", message, request_id: "dev-1" } });

function file(res, path) {
  const name = existsSync(join(dist, path)) && path ? path : "index.html";
  res.writeHead(200, { "Content-Type": `${types[name.split(".").pop()]}; charset=utf-8`, "Content-Security-Policy": csp });
  res.end(readFileSync(join(dist, name)));
}

async function bodyOf(req) {
  const pieces = [];
  for await (const piece of req) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function handle(req, res) {
  const url = new URL(req.url, "http://dev");
  const path = decodeURIComponent(url.pathname);
  const body = await bodyOf(req);
  if (!req.complete) return res.destroy();
  const signedIn = /assay_session=(\w+)/.exec(req.headers.cookie ?? "")?.[1];
  if (path === "/") return res.writeHead(302, { Location: "/ui/" }).end();
  if (path === "/ui/api/session") {
    if (req.method === "POST") {
      const { user, password } = JSON.parse(body);
      if (password !== "admin") return fail(res, 401, "wrong user name or password");
      return send(res, 200, { user, admin: true }, { "Set-Cookie": `assay_session=${user}; HttpOnly; SameSite=Strict; Path=/` });
    }
    if (req.method === "DELETE") return res.writeHead(204, { "Set-Cookie": "assay_session=; Max-Age=0; Path=/" }).end();
    return signedIn ? send(res, 200, { user: signedIn, admin: true }) : fail(res, 401, "nobody is signed in");
  }
  if (path.startsWith("/ui/api/") || path.startsWith("/artifactory/") || path.startsWith("/xray/")) {
    if (!signedIn) return fail(res, 401, "nobody is signed in");
    const answer = fixture(req.method, path, url.searchParams, body, req.headers);
    return answer.status >= 400 ? fail(res, answer.status, answer.message) : answer.status === 204 ? res.writeHead(204).end() : send(res, answer.status, answer.body);
  }
  return file(res, path.replace(/^\/ui\/?/, ""));
}

const port = Number(argument("--port", "8090"));
createServer((req, res) => handle(req, res).catch((error) => fail(res, 500, String(error)))).listen(port, "127.0.0.1", () => console.log(`http://127.0.0.1:${port}/ui/`));
