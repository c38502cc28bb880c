/*
 * The page of `assay model serve`: node model-page.mjs BASE TOKEN. Gives the token, asks in the words of every protocol, and prints what came back as JSON.
 */
import { launch } from "./browser.mjs";

const [base, token] = process.argv.slice(2);
const browser = await launch();
const result = { answers: {}, tried: {}, outside: [], errors: [], sideways: [] };
const page = await browser.newPage({ viewport: { width: 360, height: 800 } });
const told = async () => `${(await page.locator("#status").textContent()).split(" ")[0]}  ${await page.locator("#answer").textContent()}`;
page.on("request", (request) => { if (!request.url().startsWith(base)) result.outside.push(request.url()); });
page.on("pageerror", (error) => result.errors.push(String(error)));
await page.goto(`${base}/docs`);
await page.getByLabel("Token").fill(token);
await page.getByLabel("Token").blur();
await page.getByLabel("Model").waitFor();
await page.waitForFunction(() => document.querySelectorAll("#form input").length > 0);
for (const [i, value] of ["5.1", "3.5", "1.4", "0.2"].entries()) await page.locator("#form input").nth(i).fill(value);
for (const protocol of await page.locator("#protocol option").allTextContents()) {
  await page.getByLabel("Ask in the words of").selectOption({ label: protocol });
  await page.locator("#answer").evaluate((node) => { node.textContent = ""; });
  await page.getByRole("button", { name: "Send" }).click();
  await page.waitForFunction(() => document.querySelector("#answer").textContent !== "");
  result.answers[protocol] = await told();
}
/* Every address of the list: what asks a model fills the form, what only reads is read at once. */
for (const row of await page.locator("#paths tr").all()) {
  await page.locator("#answer").evaluate((node) => { node.textContent = ""; });
  await row.getByRole("button", { name: "Try" }).click();
  if ((await row.locator("td").first().textContent()) === "POST") await page.getByRole("button", { name: "Send" }).click();
  await page.waitForFunction(() => document.querySelector("#answer").textContent !== "");
  result.tried[await row.locator("code").textContent()] = (await told()).split(" ")[0];
}
await page.locator("#body").fill("{");
await page.getByRole("button", { name: "Send" }).click();
await page.locator("#answer.bad").waitFor();
for (const width of [320, 1280]) {
  await page.setViewportSize({ width, height: 800 });
  if (await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)) result.sideways.push(width);
}
await browser.close();
console.log(JSON.stringify(result));
process.exit(0);
