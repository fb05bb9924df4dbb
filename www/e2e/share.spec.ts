/** Links, files, exports, the report, every scenario, and bad input. */
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { type Download, type Page } from "@playwright/test";
import { expect, steps, test, visit } from "./page";
import { forged } from "./runs";

interface Entry { id: string; title: { en: string }; violated: boolean }
const SCENARIOS = JSON.parse(readFileSync(new URL("../scenarios/index.json", import.meta.url), "utf8")) as Entry[];

async function share(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Share", exact: true }).click();
  await expect(page.getByRole("dialog", { name: "Share" })).toBeVisible();
}

async function saved(page: Page, what: string): Promise<Download> {
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: `Save: ${what}`, exact: true }).click(),
  ]);
  return download;
}

async function linkOf(page: Page): Promise<string> {
  await share(page);
  const link = page.getByRole("dialog", { name: "Share" }).locator("input[readonly], textarea[readonly], output").first();
  await expect(link).toHaveValue(/#v1\./);
  return link.inputValue();
}

async function drop(page: Page, name: string, content: string): Promise<void> {
  const [chooser] = await Promise.all([
    page.waitForEvent("filechooser"),
    page.evaluate(() => dispatchEvent(new KeyboardEvent("keydown", { key: "k", ctrlKey: true }))).then(async () => {
      await page.getByRole("dialog").getByRole("combobox").or(page.getByRole("dialog").getByRole("searchbox")).first().fill("Open a run file");
      await page.keyboard.press("Enter");
    }),
  ]);
  await chooser.setFiles({ name, mimeType: "application/json", buffer: Buffer.from(content) });
}

test("a link opens the same run at the same step", async ({ page, context }) => {
  await visit(page);
  await page.locator(".stage-tools").getByRole("button", { name: "Crash the primary" }).click();
  const at = await steps(page);
  const link = await linkOf(page);
  const other = await context.newPage();
  await other.goto(link);
  await expect(other.getByRole("button", { name: /^n0, down/ })).toBeVisible();
  expect(await steps(other)).toEqual(at);
  await other.close();
});

test("a link with a note that is too long opens, is shared and kept", async ({ page }) => {
  await visit(page, `./${await forged(0, "x".repeat(30_000))}`);
  await expect(page.locator(".notice.bad")).toContainText("longer than 16,384 bytes");
  await page.locator(".stage-tools").getByRole("button", { name: "Crash the primary" }).click();
  await expect.poll(() => page.evaluate(() => localStorage.getItem("quorate.run")?.length ?? 0)).toBeGreaterThan(16_384);
  expect(await linkOf(page)).toMatch(/#v1\../);
  await page.goto("./");
  await expect(page.getByRole("button", { name: /^n0, down/ })).toBeVisible();
});

test("a link of very many steps leaves the page alive, and can be stopped", async ({ page }) => {
  await page.addInitScript(() => localStorage.setItem("quorate.guided", "yes"));
  await page.goto(`./${await forged(30_000, "")}`);
  const said = page.locator(".notice", { hasText: /^Opening the run: step [\d,]+ of 30,0\d\d/ });
  await expect(said).toBeVisible();
  await page.getByRole("button", { name: /Help/ }).click();
  await expect(page.getByRole("dialog")).toBeVisible();
  await page.keyboard.press("Escape");
  await said.getByRole("button", { name: "Stop" }).click();
  await expect(page.locator(".notice.bad")).toContainText(/Stopped at step [\d,]+ of 30,0/);
  const [shown, all] = await steps(page);
  expect(shown).toBe(all);
  expect(all).toBeGreaterThan(8);
  expect(all).toBeLessThan(30_000);
  await expect(said).toHaveCount(0);
});

test("every scenario is told to its last card", async ({ page }) => {
  test.setTimeout(300_000);
  await page.emulateMedia({ reducedMotion: "reduce" });
  await visit(page);
  for (const { title, violated } of SCENARIOS) {
    await page.getByRole("navigation", { name: "Rooms" }).getByRole("button", { name: "Learn" }).click();
    await page.locator(".learn-card").filter({ has: page.getByText(title.en, { exact: true }) }).click();
    const tour = page.locator(".tour");
    await expect(tour.getByRole("heading", { name: title.en })).toBeVisible();
    const next = tour.getByRole("button", { name: "Next" });
    while (await next.isVisible()) await next.click();
    await expect(page.locator(".shell-verdict").first()).toHaveClass(violated ? /bad/ : /good/);
    await tour.getByRole("button", { name: "Close", exact: true }).click();
  }
});

test("a run file goes out and comes in again, and so does the report", async ({ page, context }) => {
  test.setTimeout(120_000);
  await visit(page);
  await page.locator(".stage-tools").getByRole("button", { name: "Crash the primary" }).click();
  const at = await steps(page);
  await share(page);
  const run = await saved(page, "Run file");
  const text = readFileSync(await run.path(), "utf8");
  expect((JSON.parse(text) as { quorate: number }).quorate).toBe(1);
  const report = await saved(page, "Report");
  const path = `${await report.path()}.html`;
  await report.saveAs(path);
  for (const [what, begins] of [["Rust test", "#[test]"], ["Mermaid", "sequenceDiagram"], ["ITF trace", "{"], ["SVG picture", "<svg"]] as const) {
    const file = await saved(page, what);
    expect(readFileSync(await file.path(), "utf8").trimStart().startsWith(begins), what).toBe(true);
  }
  const picture = await saved(page, "PNG picture");
  expect(readFileSync(await picture.path()).subarray(1, 4).toString()).toBe("PNG");
  await page.keyboard.press("Escape");

  await page.reload();
  await drop(page, "run.json", text);
  await expect(page.getByRole("button", { name: /^n0, down/ })).toBeVisible();
  expect((await steps(page))[1]).toBe(at[1]);

  const mailed = await context.newPage();
  const complaints: string[] = [];
  mailed.on("pageerror", (error) => complaints.push(String(error)));
  await mailed.goto(pathToFileURL(path).href);
  await expect(mailed.getByRole("button", { name: /^n0, down/ })).toBeVisible({ timeout: 20_000 });
  expect(complaints).toEqual([]);
  await mailed.close();
});

const NOISE = "x".repeat(10 * 1024 * 1024);
const BAD_FILES: [string, string, string][] = [
  ["truncated", '{"quorate":1,"model":{"name":"a"', "line"],
  ["foreign", '{"vars":[]}', "run"],
  ["future", '{"quorate":9,"model":{}}', "9"],
  ["noise", NOISE, "MiB"],
  ["report", '<!doctype html><script type="application/json" id="quorate-run">{"run":{"ver', "cut short"],
];

for (const [name, content, says] of BAD_FILES) {
  test(`a bad file gets a sentence, and the page stays usable: ${name}`, async ({ page }) => {
    await visit(page);
    await drop(page, `${name}.json`, content);
    await expect(page.locator(".notice.bad")).toContainText(says);
    await page.locator(".stage-tools").getByRole("button", { name: "Crash the primary" }).click();
    await expect(page.getByRole("button", { name: /^n0, down/ })).toBeVisible();
  });
}

for (const [name, hash] of [
  ["truncated", "#v1.failover.q1Yqyy_KTs1RslIyVKoFAA"],
  ["foreign", "#v1.?.%%%"],
  ["future", "#v9.failover.AAAA"],
] as const) {
  test(`a bad link gets a sentence, and the page stays usable: ${name}`, async ({ page }) => {
    await visit(page, `./${hash}`);
    await expect(page.locator(".notice.bad")).toBeVisible();
    await page.locator(".stage-tools").getByRole("button", { name: "Crash the primary" }).click();
    await expect(page.getByRole("button", { name: /^n0, down/ })).toBeVisible();
  });
}

test("embedded in another page", async ({ page }) => {
  await visit(page, "./?embed=1");
  await expect(page.getByRole("link", { name: /Open in the playground/ })).toBeVisible();
  await expect(page.locator(".shell-header")).toHaveCount(0);
});

for (const [rule, style, height] of [["", "", 460], ["", "height: 200px", 200], ["quorate-playground { height: 300px; }", "", 300]] as const) {
  test(`another page sets the height of the playground in it: ${style || rule || "none"}`, async ({ page, baseURL }) => {
    await page.setContent(`<style>${rule}</style><quorate-playground style="${style}"></quorate-playground><script type="module" src="${baseURL}embed.js"></script>`);
    const frame = page.locator("quorate-playground iframe");
    await expect(frame).toBeVisible();
    expect((await frame.boundingBox())!.height).toBe(height);
    await expect(page.frameLocator("quorate-playground iframe").getByRole("button", { name: "Crash the primary" }).first()).toBeVisible();
  });
}

test("works without a network after the first visit", async ({ page, context }) => {
  await visit(page);
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await expect.poll(() => page.evaluate(() => caches.keys().then((keys) => keys.length))).toBeGreaterThan(0);
  await page.reload();
  await context.setOffline(true);
  await page.reload();
  await expect(page.getByRole("button", { name: "Crash the primary" }).first()).toBeVisible();
  await page.goto("./index.html");
  await expect(page.getByRole("button", { name: "Crash the primary" }).first()).toBeVisible();
  await context.setOffline(false);
});
