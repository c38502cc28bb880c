/*
 * Pictures of every view, both widths and themes, to be looked at by a person.
 *
 *   node shots.mjs BASE USER PASSWORD OUT_DIR [/route ...]
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { launch, newPage, PHONE, signIn, WIDE } from "./browser.mjs";

const [base, user, password, out, ...routes] = process.argv.slice(2);
const themes = (process.env.THEMES ?? "light,dark").split(",");
const sizes = Object.entries({ desktop: WIDE, phone: PHONE }).filter(([name]) => (process.env.SIZES ?? "desktop,phone").includes(name));
mkdirSync(out, { recursive: true });
const browser = await launch();
for (const theme of themes)
  for (const [size, viewport] of sizes) {
    const { page, context, errors } = await newPage(browser, { base, theme, viewport });
    await signIn(page, user, password);
    for (const route of routes) {
      await page.goto(`/ui${route}`);
      await page.waitForTimeout(500);
      const name = route.replace(/[^A-Za-z0-9]+/g, "-").replace(/^-|-$/g, "") || "home";
      await page.screenshot({ path: join(out, `${name}-${size}-${theme}.png`), fullPage: process.env.FULL === "1" });
    }
    if (errors.length > 0) console.log(size, theme, errors);
    await context.close();
  }
await browser.close();
