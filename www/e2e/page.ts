/** What the tests share: a page that may neither complain nor ask anybody else, and what is done in it by many. */
import AxeBuilder from "@axe-core/playwright";
import { expect, type Page, test as base } from "@playwright/test";
import { PORT } from "../playwright.config";

const ORIGIN = `http://127.0.0.1:${PORT}`;

interface Watch {
  /** Errors and warnings of the console, and what was thrown. */
  complaints: string[];
  /** Requests to other origins. */
  strangers: string[];
}

/** Every test ends with the assertion that nothing was complained of and nobody else was asked. */
export const test = base.extend<{ watch: Watch }>({
  watch: [
    async ({ page }, use) => {
      const watch: Watch = { complaints: [], strangers: [] };
      page.on("console", (message) => {
        if (message.type() === "error" || message.type() === "warning") watch.complaints.push(message.text());
      });
      page.on("pageerror", (error) => watch.complaints.push(String(error)));
      page.on("request", (request) => {
        const url = new URL(request.url());
        if (url.origin !== ORIGIN && !["data:", "blob:", "file:"].includes(url.protocol)) watch.strangers.push(request.url());
      });
      await use(watch);
      expect(watch.complaints, "the console is quiet").toEqual([]);
      expect(watch.strangers, "no request leaves the origin").toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };

/** Opens the page as somebody who has seen the guide. */
export async function visit(page: Page, address = "./"): Promise<void> {
  await page.addInitScript(() => localStorage.setItem("quorate.guided", "yes"));
  await page.goto(address);
  await ready(page);
}

export async function ready(page: Page): Promise<void> {
  await expect(page.getByRole("button", { name: "Crash the primary" }).first()).toBeVisible();
}

/** The step that is shown and how many there are. */
export async function steps(page: Page): Promise<[number, number]> {
  const said = await page.getByRole("slider", { name: /Step of the run|Стъпка от изпълнението/ }).getAttribute("aria-valuetext");
  const [step, all] = (said ?? "").match(/\d+/g)!.map(Number);
  return [step!, all!];
}

/** No violation of accessibility that the library knows. */
export async function accessible(page: Page, where: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const said = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" | ").slice(0, 600)}`);
  expect(said, `accessible: ${where}`).toEqual([]);
}

/** The page is not wider than the window. */
export async function fits(page: Page): Promise<void> {
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(wider).toBeLessThanOrEqual(0);
}
