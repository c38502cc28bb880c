/* One way to start the browser, for every script here: headless, offline but for the server under test, and quiet. */
import { chromium } from "playwright-core";

const ARGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

export const launch = () => chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ARGS });

export const WIDE = { width: 1440, height: 900 };
export const PHONE = { width: 390, height: 844 };

/* A page whose console errors and failed scripts are collected: a clean run has none. */
export async function newPage(browser, { base, theme = "light", viewport = WIDE }) {
  const context = await browser.newContext({ baseURL: base, viewport, colorScheme: theme, reducedMotion: "reduce", acceptDownloads: true });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const errors = [];
  page.on("pageerror", (error) => errors.push(`page: ${error.message}`));
  page.on("console", (message) => {
    /* A 4xx answer is logged by the browser itself; the tests look at what the page makes of it. */
    if (message.type() === "error" && !message.text().includes("Failed to load resource")) errors.push(`console: ${message.text()}`);
  });
  return { page, context, errors };
}

export async function signIn(page, user, password) {
  await page.goto("/ui/");
  await page.getByLabel("User name").fill(user);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("button", { name: `Your account, ${user}` }).waitFor();
}
