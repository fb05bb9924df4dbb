/** Pictures of the playground, into `www/screenshots`: `cargo xtask screenshots`. */
import { test } from "@playwright/test";
import { ready, visit } from "./page";

const FOLDER = new URL("../screenshots/", import.meta.url).pathname;

const SCHEMES = ["light", "dark"] as const;

for (const scheme of SCHEMES) {
  test(`first visit, ${scheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: scheme });
    await page.goto("./");
    await ready(page);
    await page.screenshot({ path: `${FOLDER}first-visit-${scheme}.png` });
  });

  test(`counterexample, ${scheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: scheme });
    await visit(page);
    await page.getByRole("navigation").getByRole("button", { name: "Learn" }).click();
    await page.locator(".learn-card", { hasText: "The store that does not look at the token" }).click();
    for (const _card of [0, 1]) {
      const next = page.locator(".tour").getByRole("button", { name: "Next" });
      if (await next.isVisible()) await next.click();
    }
    await page.waitForTimeout(3000);
    await page.screenshot({ path: `${FOLDER}counterexample-${scheme}.png` });
  });

  test(`designer, ${scheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: scheme });
    await visit(page);
    await page.getByRole("navigation").getByRole("button", { name: "Designer" }).click();
    await page.waitForTimeout(800);
    await page.screenshot({ path: `${FOLDER}designer-${scheme}.png` });
  });

  test(`phone, ${scheme}`, async ({ page }) => {
    await page.setViewportSize({ width: 375, height: 760 });
    await page.emulateMedia({ colorScheme: scheme });
    await visit(page);
    await page.screenshot({ path: `${FOLDER}phone-${scheme}.png` });
  });
}
