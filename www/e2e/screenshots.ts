/** Pictures of the playground, into `www/screenshots`: `cargo xtask screenshots`. */
import { type Page, test } from "@playwright/test";
import { ready, visit } from "./page";

const FOLDER = new URL("../screenshots/", import.meta.url).pathname;

/** Until everything that is fetched after the page shows is there as well. */
async function whole(page: Page): Promise<void> {
  await page.locator(".diagram-scroller").waitFor();
  await page.waitForLoadState("networkidle");
  await page.waitForTimeout(500);
}

const SCHEMES = ["light", "dark"] as const;

for (const scheme of SCHEMES) {
  test(`first visit, ${scheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: scheme });
    await page.goto("./");
    await ready(page);
    await page.locator(".tour").waitFor();
    await whole(page);
    await page.screenshot({ path: `${FOLDER}first-visit-${scheme}.png` });
  });

  test(`counterexample, ${scheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: scheme });
    await visit(page);
    await page.getByRole("navigation").getByRole("button", { name: "Learn" }).click();
    await page.locator(".learn-card", { hasText: "The store that does not look at the token" }).click();
    await page.locator(".tour").getByRole("button", { name: "Next" }).click();
    await page.locator(".shell-verdict.bad").waitFor();
    await whole(page);
    await page.screenshot({ path: `${FOLDER}counterexample-${scheme}.png` });
  });

  test(`designer, ${scheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: scheme });
    await visit(page);
    await page.getByRole("navigation").getByRole("button", { name: "Designer" }).click();
    await page.getByRole("tab", { name: "Plan as text" }).waitFor();
    await page.waitForTimeout(500);
    await page.screenshot({ path: `${FOLDER}designer-${scheme}.png` });
  });

  test(`phone, ${scheme}`, async ({ page }) => {
    await page.setViewportSize({ width: 375, height: 760 });
    await page.emulateMedia({ colorScheme: scheme });
    await visit(page);
    await whole(page);
    await page.screenshot({ path: `${FOLDER}phone-${scheme}.png` });
  });
}
