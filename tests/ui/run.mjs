/*
 * Runs checks against a server and prints one JSON line for each: {"name","ok","error"?}.
 *
 *   node run.mjs BASE FILES [name ...]          user and password come from ASSAY_USER and ASSAY_PASSWORD
 *   node run.mjs --list
 */
import * as checks from "./checks.mjs";
import { launch } from "./browser.mjs";

const names = Object.keys(checks).sort();
if (process.argv[2] === "--list") {
  console.log(JSON.stringify(names));
  process.exit(0);
}
const [base, files, ...wanted] = process.argv.slice(2);
const browser = await launch();
const ctx = { browser, base, files, user: process.env.ASSAY_USER ?? "admin", password: process.env.ASSAY_PASSWORD ?? "" };
for (const name of wanted.length > 0 ? wanted : names) {
  try {
    await checks[name](ctx);
    console.log(JSON.stringify({ name, ok: true }));
  } catch (error) {
    console.log(JSON.stringify({ name, ok: false, error: String(error.stack ?? error) }));
  }
}
await browser.close();
/* A check that failed may have left a connection open, which would keep Node waiting. */
process.exit(0);
