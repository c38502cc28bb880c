/*
 * What the pages must do, against a real server. Each check is a function of a context {browser, base, user, password, files};
 * it throws when something is not as promised. tests/clients/test_ui.py runs them by name.
 *
 * Files (made by the pytest side): benign.pkl, evil.pkl, requirements.txt, layer.tar (a Python environment with scikit-learn 0.24.0).
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { newPage, PHONE, signIn, WIDE } from "./browser.mjs";

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

async function open(ctx, options = {}) {
  const opened = await newPage(ctx.browser, { base: ctx.base, ...options });
  if (options.signedIn !== false) await signIn(opened.page, ctx.user, ctx.password);
  return opened;
}

async function call(page, method, path, body) {
  return page.evaluate(
    async ([method, path, body]) => {
      const init = { method, headers: { "X-Assay-Ui": "1", "Content-Type": "application/json" } };
      if (body !== null) init.body = typeof body === "string" ? body : JSON.stringify(body);
      const answer = await fetch(path, init);
      return { status: answer.status, text: await answer.text() };
    },
    [method, path, body ?? null],
  );
}

async function makeRepository(page, key, packageType = "generic") {
  const { status, text } = await call(page, "PUT", `/artifactory/api/repositories/${key}`, { rclass: "local", packageType, description: "" });
  assert.equal(status, 200, text);
}

/* Uploads without the page, for checks that are about something else. */
async function put(page, ctx, key, path, file) {
  const bytes = [...(file ? readFileSync(join(ctx.files, file)) : Buffer.from(`content of ${path}`))];
  const status = await page.evaluate(
    async ([url, bytes]) => (await fetch(url, { method: "PUT", headers: { "X-Assay-Ui": "1" }, body: new Uint8Array(bytes) })).status,
    [`/artifactory/${key}/${path.split("/").map(encodeURIComponent).join("/")}`, bytes],
  );
  assert.equal(status, 201, `PUT ${key}/${path}`);
}

async function scanned(page, key, path) {
  await page.waitForFunction(
    async ([key, path]) => {
      const answer = await fetch(`/ui/api/item?repo=${encodeURIComponent(key)}&path=${encodeURIComponent(path)}`);
      if (!answer.ok) return false;
      const { scan } = await answer.json();
      return scan?.state === "done" || scan?.state === "failed";
    },
    [key, path],
    { timeout: 30_000, polling: 200 },
  );
}

const finish = async ({ context, errors }) => {
  await context.close();
  assert.deepEqual(errors, [], "errors of the page");
};

/* --- signing in --------------------------------------------------------------------------------------------------------------- */

export async function sign_in_refuses_a_wrong_password_and_takes_the_right_one(ctx) {
  const opened = await open(ctx, { signedIn: false });
  const { page } = opened;
  await page.goto("/");
  assert.ok(page.url().endsWith("/ui/"), page.url());
  await page.getByLabel("User name").fill(ctx.user);
  await page.getByLabel("Password").fill("not the password");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("That name and password do not go together.").waitFor();
  assert.equal(await page.getByLabel("User name").inputValue(), ctx.user, "nothing typed is lost");
  await page.getByLabel("Password").fill(ctx.password);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1 }).filter({ hasText: ctx.user }).waitFor();
  await finish(opened);
}

export async function an_ended_session_opens_a_dialog_and_keeps_the_page(ctx) {
  const opened = await open(ctx);
  const { page, context } = opened;
  await page.goto("/ui/artifacts");
  await page.getByRole("button", { name: "New repository" }).first().click();
  await page.getByLabel("Repository key").fill("kept-while-signed-out");
  await context.clearCookies();
  await page.getByRole("button", { name: "Create repository" }).click();
  await page.getByRole("heading", { name: "Your session has ended" }).waitFor();
  await page.getByLabel("Password").fill(ctx.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Your session has ended" }).waitFor({ state: "detached" });
  assert.equal(await page.getByLabel("Repository key").inputValue(), "kept-while-signed-out");
  await page.getByRole("button", { name: "Create repository" }).click();
  await page.getByRole("heading", { level: 1, name: "kept-while-signed-out" }).waitFor();
  await finish(opened);
}

export async function signing_out_ends_the_session(ctx) {
  const opened = await open(ctx);
  const { page } = opened;
  await page.getByRole("button", { name: `Your account, ${ctx.user}` }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in to Assay" }).waitFor();
  assert.equal((await call(page, "GET", "/ui/api/status")).status, 401);
  await finish(opened);
}

/* --- artifacts ---------------------------------------------------------------------------------------------------------------- */

export async function a_repository_is_created_and_a_bad_key_is_explained(ctx) {
  const opened = await open(ctx);
  const { page } = opened;
  await page.goto("/ui/artifacts");
  await page.getByRole("button", { name: "New repository" }).first().click();
  await page.getByLabel("Repository key").fill("My Models");
  await page.getByLabel("Description").focus();
  await page.getByRole("button", { name: "my-models" }).click();
  assert.equal(await page.getByLabel("Repository key").inputValue(), "my-models");
  await page.getByRole("button", { name: "Create repository" }).click();
  await page.getByRole("heading", { level: 1, name: "my-models" }).waitFor();
  await page.getByText("Nothing is stored here yet").waitFor();

  await page.getByRole("button", { name: "New repository" }).first().click();
  await page.getByLabel("Repository key").fill("my-models");
  await page.getByRole("button", { name: "Create repository" }).click();
  const refusal = page.getByRole("alert").filter({ hasText: "status 400" });
  await refusal.waitFor();
  assert.match(await refusal.innerText(), /Request \S+/);
  await finish(opened);
}

export async function a_model_is_deployed_by_choosing_it_and_its_page_tells_the_verdict(ctx) {
  const opened = await open(ctx);
  const { page } = opened;
  await makeRepository(page, "deploy-choose");
  await page.goto("/ui/artifacts/deploy-choose");
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.keyboard.press("d");
  await page.getByLabel("Folder").fill("model/1.0.0/");
  await page.locator("input[type=file]").setInputFiles(join(ctx.files, "benign.pkl"));
  await page.getByText("to model/1.0.0/benign.pkl").waitFor();
  await page.getByRole("button", { name: "Deploy 1 file" }).click();
  await page.locator("li.upload.stored").waitFor({ timeout: 30_000 });
  await page.getByRole("link", { name: "Open", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: "benign.pkl" }).waitFor();
  assert.ok(page.url().endsWith("/ui/artifacts/deploy-choose/model/1.0.0/benign.pkl"), page.url());

  await page.getByRole("heading", { name: "Safe to load" }).waitFor();
  const bytes = readFileSync(join(ctx.files, "benign.pkl"));
  for (const name of ["sha256", "sha1", "md5"]) await page.locator(`.digest[title="${createHash(name).update(bytes).digest("hex")}"]`).waitFor();
  const command = page.getByText(`${ctx.base}/artifactory/deploy-choose/model/1.0.0/benign.pkl`);
  await command.first().waitFor();

  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Download" }).click()]);
  assert.equal(sha256(readFileSync(await download.path())), sha256(bytes));
  await finish(opened);
}

export async function dropping_on_the_page_deploys_and_known_bytes_are_linked(ctx) {
  const opened = await open(ctx);
  const { page } = opened;
  await makeRepository(page, "deploy-drop");
  await put(page, ctx, "deploy-drop", "first/evil.pkl", "evil.pkl");
  await page.goto("/ui/artifacts/deploy-drop/first");
  const bytes = [...readFileSync(join(ctx.files, "evil.pkl"))];
  await page.getByRole("heading", { level: 1, name: "first" }).waitFor();
  await page.evaluate((bytes) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([new Uint8Array(bytes)], "again.pkl"));
    for (const type of ["dragenter", "dragover", "drop"]) document.body.dispatchEvent(new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }));
  }, bytes);
  await page.getByText("to first/again.pkl").waitFor();
  await page.getByRole("button", { name: "Deploy 1 file" }).click();
  const row = page.locator("li.upload.stored");
  await row.waitFor({ timeout: 30_000 });
  const text = await row.innerText();
  assert.match(text, /Unsafe/);
  assert.match(text, /Already stored: linked, 0 bytes sent/);
  await finish(opened);
}

export async function a_refused_upload_says_why(ctx) {
  const opened = await open(ctx);
  const { page } = opened;
  await makeRepository(page, "deploy-refused");
  await put(page, ctx, "deploy-refused", "taken");
  await page.goto("/ui/deploy?repo=deploy-refused&path=taken");
  await page.locator("input[type=file]").setInputFiles({ name: "below-a-file.txt", mimeType: "text/plain", buffer: Buffer.from("x") });
  await page.getByRole("button", { name: "Deploy 1 file" }).click();
  const row = page.locator("li.upload.failed");
  await row.waitFor();
  assert.match(await row.innerText(), /taken[\s\S]*Request \S+/);
  await page.getByRole("button", { name: "Try again" }).click();
  await row.waitFor();
  await finish(opened);
}

export async function a_large_file_is_hashed_in_pieces_and_arrives_whole(ctx) {
  const opened = await open(ctx);
  const { page } = opened;
  await makeRepository(page, "large");
  const bytes = Buffer.alloc(9 * 1024 * 1024 + 13, "assay");
  await page.goto("/ui/artifacts/large");
  await page.getByRole("button", { name: "Deploy here" }).click();
  await page.locator("input[type=file]").setInputFiles({ name: "large.bin", mimeType: "application/octet-stream", buffer: bytes });
  await page.getByRole("button", { name: "Deploy 1 file" }).click();
  await page.locator("li.upload.stored").waitFor({ timeout: 60_000 });
  const { text } = await call(page, "GET", "/ui/api/item?repo=large&path=large.bin");
  assert.equal(JSON.parse(text).sha256, sha256(bytes));
  await finish(opened);
}

/* A line to the server that lets the first 300 KB of each connection through, and the rest when it is told to hurry. */
async function slowLine(ctx) {
  const target = new URL(ctx.base);
  const held = new Set();
  let hurried = false;
  const server = createServer((client) => {
    const up = connect(Number(target.port), target.hostname);
    const end = () => (client.destroy(), up.destroy(), held.delete(client));
    let passed = 0;
    up.pipe(client);
    client.on("data", (bytes) => {
      up.write(bytes);
      passed += bytes.length;
      if (passed > 300_000 && !hurried) held.add(client.pause());
    });
    for (const socket of [client, up]) socket.on("close", end).on("error", end);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    base: `http://127.0.0.1:${server.address().port}`,
    hurry: () => {
      hurried = true;
      for (const client of held) client.resume();
    },
    close: () => server.close(),
  };
}

export async function an_upload_can_be_cancelled(ctx) {
  const line = await slowLine(ctx);
  const opened = await open({ ...ctx, base: line.base });
  const { page } = opened;
  await makeRepository(page, "cancelled");
  await page.goto("/ui/artifacts/cancelled");
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.keyboard.press("d");
  await page.locator("input[type=file]").setInputFiles({ name: "gone.bin", mimeType: "application/octet-stream", buffer: Buffer.alloc(2_000_000, 7) });
  await page.getByRole("button", { name: "Deploy 1 file" }).click();
  await page.locator("li.upload.sending").waitFor();
  await page.getByRole("button", { name: "Remove gone.bin" }).click();
  await page.locator("li.upload").waitFor({ state: "detached" });
  assert.equal((await call(page, "GET", "/ui/api/item?repo=cancelled&path=gone.bin")).status, 404);
  await finish(opened);
  line.close();
}

export async function closing_the_dialog_keeps_uploads_going(ctx) {
  const line = await slowLine(ctx);
  const opened = await open({ ...ctx, base: line.base });
  const { page } = opened;
  await makeRepository(page, "kept");
  await page.goto("/ui/artifacts/kept");
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.keyboard.press("d");
  await page.locator("input[type=file]").setInputFiles({ name: "kept.bin", mimeType: "application/octet-stream", buffer: Buffer.alloc(2_000_000, 8) });
  await page.getByRole("button", { name: "Deploy 1 file" }).click();
  await page.locator("li.upload.sending").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "1 upload under way" }).waitFor();
  line.hurry();
  await page.locator(".toast").filter({ hasText: "kept.bin is stored." }).getByRole("link", { name: "Open" }).click();
  await page.getByRole("heading", { level: 1, name: "kept.bin" }).waitFor();
  await finish(opened);
  line.close();
}

/* A push as a client does it, with the smallest image that has something to find in it. */
async function pushImage(ctx, repo, image, tag) {
  const headers = { Authorization: `Basic ${Buffer.from(`${ctx.user}:${ctx.password}`).toString("base64")}` };
  const push = async (bytes) => {
    const begun = await fetch(`${ctx.base}/v2/${repo}/${image}/blobs/uploads/`, { method: "POST", headers });
    assert.equal(begun.status, 202);
    const url = new URL(begun.headers.get("location"), ctx.base);
    url.searchParams.set("digest", `sha256:${sha256(bytes)}`);
    const done = await fetch(url, { method: "PUT", headers: { ...headers, "Content-Type": "application/octet-stream" }, body: bytes });
    assert.equal(done.status, 201, await done.text());
    return { digest: `sha256:${sha256(bytes)}`, size: bytes.length };
  };
  const layer = readFileSync(join(ctx.files, "layer.tar"));
  const config = Buffer.from(JSON.stringify({ architecture: "amd64", os: "linux", rootfs: { type: "layers", diff_ids: [`sha256:${sha256(layer)}`] }, history: [{ created_by: "RUN /bin/sh -c pip install scikit-learn==0.24.0 # buildkit" }] }));
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: { mediaType: "application/vnd.oci.image.config.v1+json", ...(await push(config)) },
    layers: [{ mediaType: "application/vnd.oci.image.layer.v1.tar", ...(await push(layer)) }],
  });
  const put = await fetch(`${ctx.base}/v2/${repo}/${image}/manifests/${tag}`, { method: "PUT", headers: { ...headers, "Content-Type": "application/vnd.oci.image.manifest.v1+json" }, body: manifest });
  assert.equal(put.status, 201, await put.text());
  return `sha256:${sha256(Buffer.from(manifest))}`;
}

export async function an_image_shows_its_layers_components_and_findings(ctx) {
  const opened = await open(ctx);
  const { page } = opened;
  await makeRepository(page, "ui-images", "docker");
  const digest = await pushImage(ctx, "ui-images", "team/app", "v1.0");
  await scanned(page, "ui-images", "team/app/v1.0/manifest.json");
  await page.goto("/ui/artifacts/ui-images/team/app:v1.0");
  await page.getByRole("heading", { level: 1, name: "team/app:v1.0" }).waitFor();
  await page.locator(`[title="${digest}"]`).first().waitFor();
  await page.getByText(`docker pull ${new URL(ctx.base).host}/ui-images/team/app:v1.0`).waitFor();
  await page.getByText("linux/amd64").first().waitFor();
  /* A clean model inside must not make a vulnerable image "safe". */
  await page.getByRole("heading", { name: /^1 known vulnerability in / }).waitFor();
  assert.equal(await page.getByRole("heading", { name: "Safe to load" }).count(), 0);
  await page.getByText("The models in it are safe to load.").waitFor();

  await page.getByRole("tab", { name: /Layers/ }).click();
  await page.getByRole("button", { name: /pip install scikit-learn==0\.24\.0/ }).click();
  assert.match(page.url(), /tab=layers&layer=1|layer=1&tab=layers/);
  await page.getByRole("row", { name: /scikit-learn 0\.24\.0/ }).waitFor();
  await page.getByRole("tab", { name: /Security/ }).click();
  const finding = page.getByRole("row").filter({ hasText: "CVE-2024-5206" });
  assert.match(await finding.innerText(), /1\.5\.0/);

  /* The tag is a leaf of the tree, and its folder's address shows the image as well. */
  await page.goto("/ui/artifacts/ui-images/team/app/v1.0");
  await page.getByRole("heading", { level: 1, name: "team/app:v1.0" }).waitFor();
  await page.locator('[role=treeitem][aria-current="true"]').filter({ hasText: "v1.0" }).waitFor();
  await finish(opened);
}

export async function an_unsafe_model_shows_its_call_and_is_listed(ctx) {
  const opened = await open(ctx);
  const { page } = opened;
  await makeRepository(page, "threat");
  await put(page, ctx, "threat", "incoming/evil.pkl", "evil.pkl");
  await scanned(page, "threat", "incoming/evil.pkl");
  await page.goto("/ui/artifacts/threat/incoming/evil.pkl");
  await page.locator(".page-head .mark.unsafe").waitFor();
  const verdict = page.getByRole("region", { name: "Verdict" });
  assert.match(await verdict.innerText(), /system/);
  assert.match(await verdict.innerText(), /Do not load/);
  assert.match(await page.locator(".calls .bad").first().innerText(), /system/);
  assert.match(await page.locator(".hallmark").getAttribute("aria-label"), /verdict|unsafe/);
  await page.goto("/ui/threats");
  await page.getByRole("row", { name: /incoming\/evil\.pkl[\s\S]*Unsafe/ }).waitFor();
  await finish(opened);
}

export async function models_are_listed_and_found_by_what_they_are(ctx) {
  const opened = await open(ctx);
  const { page } = opened;
  await makeRepository(page, "zoo");
  await put(page, ctx, "zoo", "iris/1.0/model.pkl", "iris.pkl");
  await put(page, ctx, "zoo", "other/evil.pkl", "evil.pkl");
  for (const path of ["iris/1.0/model.pkl", "other/evil.pkl"]) await scanned(page, "zoo", path);
  await page.goto("/ui/models");
  const forest = page.getByRole("row", { name: /iris\/1\.0\/model\.pkl[\s\S]*RandomForestClassifier[\s\S]*Clean/ });
  await forest.first().waitFor();
  await page.getByRole("row", { name: /other\/evil\.pkl/ }).first().waitFor();
  await page.getByLabel("Search models").fill("randomforest");
  await page.getByRole("row", { name: /other\/evil\.pkl/ }).first().waitFor({ state: "detached" });
  assert.match(page.url(), /q=randomforest/);
  await forest.first().getByRole("link", { name: /scikit-learn/ }).click();
  await page.getByRole("button", { name: /framework:scikit-learn: remove/ }).waitFor();
  await forest.first().waitFor();
  await page.getByLabel("Search models").fill("no such thing");
  await page.getByText("No model is like that").waitFor();
  await finish(opened);
}

/* A pickle that calls at a known place, built by hand and never loaded. */
const handMade = Buffer.from("cposix\nsystem\n(S'true'\ntR.", "latin1");

export async function an_unsafe_model_shows_where_it_calls_and_what_to_convert_it_to(ctx) {
  const opened = await open(ctx);
  const { page } = opened;
  await makeRepository(page, "threat-place");
  const put = await page.evaluate(
    async (bytes) => (await fetch("/artifactory/threat-place/m.pkl", { method: "PUT", headers: { "X-Assay-Ui": "1" }, body: new Uint8Array(bytes) })).status,
    [...handMade],
  );
  assert.equal(put, 201);
  await scanned(page, "threat-place", "m.pkl");
  await page.goto("/ui/artifacts/threat-place/m.pkl");
  const calls = page.getByRole("region", { name: "Calls" });
  const bad = calls.locator("li.bad");
  await bad.waitFor();
  assert.equal(await bad.count(), 1);
  assert.equal(await bad.locator(".offset").textContent(), `0x${handMade.indexOf("R.").toString(16)}`);
  assert.match(await bad.textContent(), /posix\.system\('true'\).*MDL-PKL-001/s);
  await bad.getByText("Dangerous").waitFor({ state: "attached" });
  const todo = page.locator("section.card", { has: page.getByRole("heading", { name: "What to do" }) });
  await todo.getByText(/Convert to safetensors/).first().waitFor();
  await todo.getByRole("button", { name: "Copy code" }).waitFor();
  await page.getByRole("tab", { name: /Security/ }).click();
  await page.getByText(`byte ${handMade.indexOf("R.")} (0x${handMade.indexOf("R.").toString(16)})`).waitFor();
  await finish(opened);
}

export async function a_model_tells_what_it_is_and_its_tensors(ctx) {
  const opened = await open(ctx);
  const { page } = opened;
  await makeRepository(page, "facts");
  const names = Array.from({ length: 12 }, (_, at) => `layer.${at}.weight`);
  const header = JSON.stringify(Object.fromEntries(names.map((name, at) => [name, { dtype: "F32", shape: [2, 3], data_offsets: [at * 24, at * 24 + 24] }])));
  const bytes = Buffer.concat([Buffer.alloc(8), Buffer.from(header), Buffer.alloc(12 * 24)]);
  bytes.writeBigUInt64LE(BigInt(header.length));
  const put = await page.evaluate(
    async (content) => (await fetch("/artifactory/facts/w.safetensors", { method: "PUT", headers: { "X-Assay-Ui": "1" }, body: new Uint8Array(content) })).status,
    [...bytes],
  );
  assert.equal(put, 201);
  await scanned(page, "facts", "w.safetensors");
  await page.goto("/ui/artifacts/facts/w.safetensors");
  await page.getByText("12 tensors, 72 numbers").waitFor();
  await page.getByRole("heading", { name: "What it is" }).waitFor();
  assert.equal(await page.locator("td", { hasText: /^layer\./ }).count(), 8);
  await page.getByRole("button", { name: "Show 12" }).click();
  assert.equal(await page.locator("td", { hasText: /^layer\./ }).count(), 12);
  await page.getByText("2 × 3").first().waitFor();
  await finish(opened);
}

export async function an_artifact_is_scanned_again_by_a_button(ctx) {
  const opened = await open(ctx);
  const { page } = opened;
  await makeRepository(page, "again-ui");
  await put(page, ctx, "again-ui", "evil.pkl", "evil.pkl");
  await scanned(page, "again-ui", "evil.pkl");
  const finished = () => page.evaluate(async () => (await (await fetch("/ui/api/item?repo=again-ui&path=evil.pkl")).json()).scan.finished_ms);
  const before = await finished();
  await page.goto("/ui/artifacts/again-ui/evil.pkl");
  await page.getByRole("button", { name: "Scan again" }).click();
  await page.getByText("It is being scanned again").waitFor();
  await page.waitForFunction(async (ms) => {
    const { scan } = await (await fetch("/ui/api/item?repo=again-ui&path=evil.pkl")).json();
    return scan.state === "done" && scan.finished_ms > ms;
  }, before);
  await page.getByText("Unsafe").first().waitFor();
  await finish(opened);
}

export async function a_hostile_name_is_text(ctx) {
  const opened = await open(ctx);
  const { page } = opened;
  const name = "<img src=x onerror=alert(1)>\u202Egpj.pkl";
  page.on("dialog", () => opened.errors.push("a dialog of the name's script"));
  await makeRepository(page, "hostile");
  await put(page, ctx, "hostile", `a;b=c/${name}`);
  await page.goto(`/ui/artifacts/hostile/${encodeURIComponent("a;b=c")}`);
  const link = page.locator("table bdi").filter({ hasText: "<img src=x onerror=alert(1)>⟨202e⟩gpj.pkl" });
  await link.click();
  await page.getByRole("heading", { level: 1 }).filter({ hasText: "<img" }).waitFor();
  assert.equal(await page.locator("img").count(), 0);
  await finish(opened);
}

export async function properties_are_added_changed_and_removed(ctx) {
  const opened = await open(ctx);
  const { page } = opened;
  await makeRepository(page, "props");
  await put(page, ctx, "props", "a.txt");
  await page.goto("/ui/artifacts/props/a.txt");
  await page.getByRole("button", { name: "Add" }).click();
  await page.getByLabel("Property name").fill("stage");
  await page.getByLabel("Property value").fill("one, two; three=3");
  await page.getByRole("button", { name: "Save" }).click();
  const change = page.getByRole("button", { name: "Change stage" });
  await change.waitFor();
  assert.equal(await change.innerText(), "one, two; three=3", "separators in a value are data");
  await change.click();
  await page.getByLabel("Property value").fill("released");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("button", { name: "Change stage" }).filter({ hasText: "released" }).waitFor();
  await page.getByRole("button", { name: "Remove stage" }).click();
  await page.getByText("Properties say what a file is for").waitFor();
  await finish(opened);
}

export async function deleting_asks_for_the_name_and_leads_to_the_folder(ctx) {
  const opened = await open(ctx);
  const { page } = opened;
  await makeRepository(page, "bin");
  await put(page, ctx, "bin", "a/one.txt");
  await put(page, ctx, "bin", "a/two.txt");
  await page.goto("/ui/artifacts/bin/a/one.txt");
  await page.getByRole("button", { name: "Delete…" }).click();
  const button = page.getByRole("button", { name: "Delete 1 artifact" });
  assert.ok(await button.isDisabled());
  await page.getByLabel("Type one.txt to confirm").fill("one.txt");
  await button.click();
  await page.getByRole("heading", { level: 1, name: "a", exact: true }).waitFor();
  await page.locator("table").getByText("two.txt").waitFor();
  assert.equal((await call(page, "GET", "/artifactory/bin/a/one.txt")).status, 404);
  await finish(opened);
}

export async function the_tree_is_walked_by_keyboard(ctx) {
  const opened = await open(ctx);
  const { page } = opened;
  await makeRepository(page, "aa-tree");
  await put(page, ctx, "aa-tree", "deep/er/leaf.txt");
  await page.goto("/ui/artifacts/aa-tree");
  await page.getByRole("treeitem", { name: "deep" }).waitFor();
  await page.getByRole("treeitem", { name: /^aa-tree/ }).focus();
  for (const [key, name] of [["ArrowDown", "deep"], ["ArrowRight", "deep"]]) {
    await page.keyboard.press(key);
    await page.waitForFunction((name) => document.activeElement?.textContent?.includes(name), name);
  }
  await page.getByRole("treeitem", { name: "er", exact: true }).waitFor();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await page.getByRole("treeitem", { name: "leaf.txt" }).waitFor();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "leaf.txt" }).waitFor();
  assert.equal(await page.getByRole("treeitem", { name: "leaf.txt" }).getAttribute("aria-current"), "true");
  await finish(opened);
}

/* --- security ----------------------------------------------------------------------------------------------------------------- */

/* Many small files at once, in one folder. */
async function putMany(page, key, folder, count, bytes) {
  const failed = await page.evaluate(
    async ([base, count, bytes]) => {
      const send = (at) => fetch(`${base}/${String(at).padStart(4, "0")}.pkl`, { method: "PUT", headers: { "X-Assay-Ui": "1" }, body: new Uint8Array(bytes) });
      const answers = [];
      for (let at = 0; at < count; at++) answers.push((await send(at)).status);
      return answers.filter((status) => status !== 201);
    },
    [`/artifactory/${key}/${folder}`, count, [...bytes]],
  );
  assert.deepEqual(failed, []);
}

export async function long_folders_and_lists_are_shown_page_by_page(ctx) {
  const opened = await open(ctx);
  const { page } = opened;
  const before = JSON.parse((await call(page, "GET", "/ui/api/status")).text).counts.threats;
  await makeRepository(page, "ab-many");
  await putMany(page, "ab-many", "long", 205, readFileSync(join(ctx.files, "evil.pkl")));
  await scanned(page, "ab-many", "long/0204.pkl");
  await page.waitForFunction(async (wanted) => (await (await fetch("/ui/api/status")).json()).counts.threats >= wanted, before + 205, { timeout: 60_000, polling: 300 });

  await page.goto("/ui/artifacts/ab-many/long");
  await page.getByText("First 200 entries").waitFor();
  assert.equal(await page.locator("tbody tr").count(), 200);
  await page.getByRole("button", { name: "Show more" }).click();
  await page.getByText("205 entries").waitFor();
  assert.equal(await page.locator("tbody tr").count(), 205);

  await page.getByRole("treeitem", { name: "ab-many" }).focus();
  const entries = page.getByRole("treeitem", { name: /^\d{4}\.pkl/ });
  if ((await page.getByRole("treeitem", { name: "long", exact: true }).getAttribute("aria-expanded")) !== "true") {
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowRight");
  }
  const rest = page.getByRole("treeitem", { name: "More in long" });
  await rest.focus();
  assert.equal(await entries.count(), 200);
  await page.keyboard.press("Enter");
  await rest.waitFor({ state: "detached" });
  assert.equal(await entries.count(), 205);
  assert.match(await page.evaluate(() => document.activeElement.textContent), /0199\.pkl/, "focus is not lost");

  await page.goto("/ui/threats");
  await page.getByText("First 100 artifacts").waitFor();
  for (let shown = 100; shown < before + 205; shown += 100) await page.getByRole("button", { name: "Show more" }).click().then(() => page.locator(`tbody tr:nth-child(${shown + 1})`).waitFor());
  await page.getByText(`${before + 205} artifacts, worst first`).waitFor();
  assert.equal(await page.locator("tbody tr").count(), before + 205);
  assert.equal(new Set(await page.locator("tbody tr td:first-child").allInnerTexts()).size, before + 205, "none twice");

  assert.ok((await call(page, "DELETE", "/artifactory/ab-many/long")).status < 300);
  await finish(opened);
}

export async function vulnerabilities_are_filtered_and_the_address_holds_it(ctx) {
  const opened = await open(ctx);
  const { page } = opened;
  await makeRepository(page, "vuln");
  await put(page, ctx, "vuln", "app/requirements.txt", "requirements.txt");
  await scanned(page, "vuln", "app/requirements.txt");
  await page.goto("/ui/vulnerabilities?repo=vuln");
  const row = page.getByRole("row").filter({ hasText: "CVE-2024-5206" });
  await row.waitFor();
  const text = await row.innerText();
  for (const part of ["scikit-learn", "0.24.0", "1.5.0", "app/requirements.txt"]) assert.ok(text.includes(part), `${part} in ${text}`);

  /* Tiles: one severity off, and its rows are gone; the address says so, and a reload keeps it. */
  const before = await page.locator("tbody tr").count();
  const severity = (await row.locator(".severity").innerText()).trim();
  await page.getByRole("checkbox", { name: new RegExp(`^${severity}`) }).click();
  await row.waitFor({ state: "detached" });
  assert.match(page.url(), /sev=/);
  await page.reload();
  await page.getByRole("heading", { level: 1, name: "Vulnerabilities" }).waitFor();
  assert.equal(await row.count(), 0);
  await page.goBack();
  await row.waitFor();
  assert.equal(await page.locator("tbody tr").count(), before);

  await page.getByLabel("Search findings").fill("no such component");
  await page.getByText("No finding passes these filters").waitFor();
  await page.getByRole("button", { name: "Clear all filters" }).click();
  await row.first().waitFor();

  /* The drawer: in the address, steps with [ and ], closed by Escape. */
  await row.first().getByRole("button").click();
  const drawer = page.getByRole("dialog");
  await drawer.getByText("What to do").waitFor();
  assert.match(page.url(), /open=/);
  assert.match(await drawer.innerText(), /CVE-2024-5206[\s\S]*1\.5\.0/);
  await page.keyboard.press("Escape");
  await drawer.waitFor({ state: "detached" });
  assert.doesNotMatch(page.url(), /open=/);
  await finish(opened);
}

export async function a_policy_blocks_a_download_and_the_pages_say_what_unblocks_it(ctx) {
  const opened = await open(ctx);
  const { page } = opened;
  await makeRepository(page, "gated");
  await put(page, ctx, "gated", "requirements.txt", "requirements.txt");
  await scanned(page, "gated", "requirements.txt");
  await page.goto("/ui/policies");
  await page.getByRole("button", { name: "New policy" }).click();
  await page.getByLabel("Name").fill("ui-gate");
  await page.getByLabel("Minimum severity").selectOption("Low");
  await page.getByRole("checkbox", { name: /^gated/ }).check();
  await page.getByRole("button", { name: "Switch on for 1 repository" }).click();
  await page.getByRole("heading", { name: "ui-gate", exact: true }).waitFor();
  await page.getByText(/Refuse the download when a component has a finding of severity low or worse that has a fix/).waitFor();

  await page.waitForFunction(async () => (await fetch("/artifactory/gated/requirements.txt")).status === 403, undefined, { timeout: 15_000, polling: 300 });
  await page.goto("/ui/artifacts/gated/requirements.txt");
  await page.getByText("Download blocked.").waitFor();
  await page.getByRole("link", { name: "What unblocks it" }).click();
  await page.getByRole("heading", { name: "What unblocks it" }).waitFor();
  assert.match(page.url(), /\/ui\/violations\/\d+$/);
  const text = await page.locator("main").innerText();
  for (const part of ["ui-gate", "ui-gate-watch", "scikit-learn", "403 for everybody", "CVE-2024-5206 fixed in 1.5.0", `${ctx.base}/ui/violations/`]) assert.ok(text.includes(part), `${part} in ${text}`);

  await page.goto("/ui/violations");
  await page.getByRole("row").filter({ hasText: "ui-gate" }).first().waitFor();

  /* A policy that a watch uses is kept, and the server says why. */
  await page.goto("/ui/policies");
  await page.getByRole("button", { name: "Delete the policy ui-gate" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete the policy", exact: true }).click();
  await page.getByRole("alert").filter({ hasText: "Nothing was deleted" }).waitFor();
  await page.getByRole("button", { name: "Keep" }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Delete the watch ui-gate-watch" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete the watch", exact: true }).click();
  await page.waitForFunction(async () => (await fetch("/artifactory/gated/requirements.txt")).status === 200, undefined, { timeout: 15_000, polling: 300 });
  await finish(opened);
}

/* --- the frame ---------------------------------------------------------------------------------------------------------------- */

export async function shortcuts_search_and_theme_work(ctx) {
  const opened = await open(ctx);
  const { page } = opened;
  await page.keyboard.press("?");
  await page.getByRole("heading", { name: "Shortcuts" }).waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("/");
  await page.getByRole("combobox", { name: "Search or jump to" }).fill("vuln");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/ui\/vulnerabilities/);
  await page.locator("dialog[open]").waitFor({ state: "detached" });
  await page.keyboard.press("g");
  await page.keyboard.press("l");
  await page.waitForURL(/\/ui\/policies$/);
  await page.keyboard.press("d");
  await page.getByRole("heading", { name: "Deploy", exact: true }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Switch to dark" }).click();
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
  await page.reload();
  assert.equal(await page.evaluate(() => getComputedStyle(document.body).colorScheme), "dark");
  await finish(opened);
}

export async function unknown_addresses_say_so_and_offer_a_parent(ctx) {
  const opened = await open(ctx);
  const { page } = opened;
  await page.goto("/ui/violations/nothing");
  await page.getByRole("heading", { level: 1, name: "No page has this address" }).waitFor();
  await page.getByRole("link", { name: "Open Violations" }).click();
  await page.getByRole("heading", { level: 1, name: "Violations" }).waitFor();
  await page.goto("/ui/violations/999999999");
  await page.getByRole("heading", { level: 1, name: /does not stand any more/ }).waitFor();
  await makeRepository(page, "nowhere");
  await page.goto("/ui/artifacts/nowhere/no/such/file.txt");
  await page.getByRole("heading", { level: 1, name: "Nothing is stored here" }).waitFor();
  await finish(opened);
}

export async function nothing_is_asked_of_other_hosts(ctx) {
  const opened = await open(ctx, { signedIn: false });
  const { page, context } = opened;
  const foreign = [];
  context.on("request", (request) => {
    if (!request.url().startsWith(ctx.base) && !request.url().startsWith("data:") && !request.url().startsWith("blob:")) foreign.push(request.url());
  });
  await signIn(page, ctx.user, ctx.password);
  for (const view of ["/artifacts", "/models", "/vulnerabilities", "/threats", "/violations", "/policies"]) {
    await page.goto(`/ui${view}`);
    await page.getByRole("heading", { level: 1 }).waitFor();
  }
  assert.deepEqual(foreign, []);
  await finish(opened);
}

/* --- every view, as it looks ------------------------------------------------------------------------------------------------- */

async function populated(ctx) {
  const { page, context } = await open(ctx);
  const { children } = JSON.parse((await call(page, "GET", "/ui/api/tree")).text);
  if (!children.some((one) => one.name === "looks")) {
    await makeRepository(page, "looks");
    await put(page, ctx, "looks", "model/1.0.0/benign.pkl", "benign.pkl");
    await put(page, ctx, "looks", "incoming/evil.pkl", "evil.pkl");
    await put(page, ctx, "looks", "requirements.txt", "requirements.txt");
    await put(page, ctx, "looks", `${"long-name-without-a-place-to-break".repeat(6)}.bin`);
    for (const path of ["model/1.0.0/benign.pkl", "incoming/evil.pkl", "requirements.txt"]) await scanned(page, "looks", path);
  }
  await context.close();
  return ["/", "/artifacts", "/artifacts/looks", "/artifacts/looks/model/1.0.0/benign.pkl", "/artifacts/looks/incoming/evil.pkl", "/artifacts/looks/requirements.txt?tab=security", "/artifacts/looks/requirements.txt?tab=contents", "/models", "/vulnerabilities", "/threats", "/violations", "/policies", "/deploy?repo=looks", "/no-such-page"];
}

async function settled(page) {
  await page.locator("h1").first().waitFor({ state: "attached" });
  await page.locator(".skeleton").first().waitFor({ state: "detached" });
  await page.waitForLoadState("networkidle");
}

/* What floats over the pages: where it is opened, and how. */
const layers = [
  ["/policies", (page) => page.getByRole("button", { name: "New policy" }).click()],
  ["/artifacts", (page) => page.getByRole("button", { name: "New repository" }).last().click()],
  ["/artifacts/looks/requirements.txt", (page) => page.getByRole("button", { name: "Delete…" }).click()],
  ["/vulnerabilities", (page) => page.locator(".opens").first().click()],
  ["/", (page) => page.getByRole("button", { name: /^Your account/ }).click()],
  ["/", (page) => page.keyboard.press("/")],
  ["/", (page) => page.keyboard.press("?")],
];

/* Each view once, as a wide page and as a phone's, in both themes: only colours differ in the dark one. */
export async function axe_finds_nothing(ctx) {
  const views = await populated(ctx);
  const axe = readFileSync(new URL("./node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
  const opened = await open(ctx);
  const { page } = opened;
  const found = [];
  const look = async (where) => {
    /* Evaluated by the debugger, not as a script of the page: its policy forbids that, as it should. */
    await page.evaluate(axe);
    for (const [name, viewport] of Object.entries({ wide: WIDE, phone: PHONE })) {
      await page.setViewportSize(viewport);
      for (const colorScheme of ["light", "dark"]) {
        await page.emulateMedia({ colorScheme });
        const only = colorScheme === "dark" ? { runOnly: { type: "rule", values: ["color-contrast", "link-in-text-block"] } } : {};
        const { violations } = await page.evaluate((only) => globalThis.axe.run(document, { resultTypes: ["violations"], ...only }), only);
        for (const one of violations) found.push(`${where}, ${name}, ${colorScheme}: ${one.id}: ${one.help}: ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" | ")}`);
      }
    }
    await page.setViewportSize(WIDE);
  };
  for (const view of views) {
    await page.goto(`/ui${view}`);
    await settled(page);
    await look(view);
  }
  for (const [at, [view, show]] of layers.entries()) {
    await page.goto(`/ui${view}`);
    await settled(page);
    await show(page);
    await page.locator("dialog[open]").waitFor();
    await look(`layer ${at} over ${view}`);
  }
  assert.deepEqual(found, []);
  await finish(opened);
}

export async function nothing_scrolls_sideways_at_any_width(ctx) {
  const views = await populated(ctx);
  const opened = await open(ctx);
  const { page } = opened;
  const wide = [];
  for (const view of views) {
    await page.goto(`/ui${view}`);
    await settled(page);
    for (const width of [320, 390, 768, 1024, 1440, 1920]) {
      await page.setViewportSize({ width, height: 900 });
      const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      if (over > 0) wide.push(`${view} at ${width}: ${over} px too wide`);
    }
  }
  assert.deepEqual(wide, []);
  await finish(opened);
}

