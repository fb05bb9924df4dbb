/** Searches in the browser: the same numbers as native, honest verdicts, cancel, rules, comparing, the designer. */
import { execFileSync } from "node:child_process";
import { type Page } from "@playwright/test";
import { BINARY } from "../playwright.config";
import { expect, steps, test, visit } from "./page";

const panel = (page: Page, name: string) => page.getByRole("region", { name, exact: true });

/** Opens a bundled model as it is. */
async function open(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name: /^Model:/ }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("searchbox").fill(name);
  await dialog.getByRole("button", { name: new RegExp(`^${name}\\b`) }).first().click();
}

test("a check from the start finds the known counterexample, as short as the native one, and opens it", async ({ page }) => {
  await visit(page);
  await page.getByRole("tab", { name: /^Rules/ }).click();
  const rules = panel(page, "Rules");
  await rules.getByRole("searchbox").fill("resource-checks-epoch");
  await rules.getByText("resource-checks-epoch").first().click();
  await rules.getByRole("button", { name: "Show what breaks without it" }).click();
  const verdict = panel(page, "Check");
  await expect(verdict).toContainText("Violated: fenced-writes, in 15 steps.", { timeout: 50_000 });
  await expect(page.getByRole("button", { name: /^counterexample 1, branch/ })).toBeVisible();
  expect((await steps(page))[1]).toBe(15);
  await expect(page.getByRole("button", { name: /Violated: fenced-writes/ }).first()).toBeVisible();
  // From here it says from where, and the run that it finds again is no second branch.
  await page.getByRole("slider", { name: "Step of the run", exact: true }).focus();
  for (let i = 0; i < 3; i++) await page.keyboard.press("ArrowLeft");
  expect(await steps(page)).toEqual([12, 15]);
  await verdict.getByRole("button", { name: "Check from here (step 12)" }).click();
  await expect(verdict).toContainText("Violated: fenced-writes, 3 steps after step 12, where the search began: step 15 of the run.", { timeout: 50_000 });
  await expect(verdict).toContainText("This run was a branch of this session already; it is shown.");
  await expect(page.getByRole("button", { name: /branch 2 of 2/ })).toBeVisible();
  expect(await steps(page)).toEqual([15, 15]);
});

test("a search is cancelled within a tenth of a second, and says that it is not exhausted", async ({ page }) => {
  await visit(page);
  await page.getByRole("button", { name: "Check", exact: true }).click();
  const check = panel(page, "Check");
  await expect(check.getByRole("button", { name: "Cancel" })).toBeVisible();
  await page.waitForTimeout(1000);
  const waited = await page.evaluate(async () => {
    const find = (): HTMLButtonElement | undefined =>
      [...document.querySelectorAll("button")].find((one) => one.textContent?.includes("Cancel"));
    const begun = performance.now();
    find()!.click();
    while (!document.body.textContent!.includes("NOT EXHAUSTED")) await new Promise((resolve) => setTimeout(resolve, 1));
    return performance.now() - begun;
  });
  console.log(`cancelled after ${waited.toFixed(0)} ms`);
  await expect(check).toContainText("NOT EXHAUSTED");
  // The promise is 100 ms; a loaded machine may be late.
  expect(waited).toBeLessThan(1000);
});

test("a check takes the place of a search of another model, which is kept as what it came to", async ({ page }) => {
  await visit(page);
  await open(page, "failover-3-epochs");
  await page.getByRole("button", { name: "Check", exact: true }).click();
  const check = panel(page, "Check");
  await expect(check.locator("[aria-busy]")).toContainText("failover-3-epochs, from the start");
  await open(page, "lease-1-2-near");
  await expect(check.locator("[aria-busy]")).toContainText("failover-3-epochs, from the start");
  await expect(check).toContainText("This is not what the stage shows.");
  await page.getByRole("button", { name: "Check", exact: true }).click();
  await expect(check).toContainText(/lease-1-2-near, from the start|Holds in all/);
  await expect(check).toContainText(/The search before, of failover-3-epochs, from the start, gave way to a new one: Not exhausted: depth \d+ complete/);
  await expect(check.getByRole("status")).toContainText("Holds in all", { timeout: 50_000 });
  await check.getByRole("button", { name: "Add to compare" }).last().click();
  await check.getByRole("button", { name: "Show compare" }).click();
  await expect(panel(page, "Compare")).toContainText("Not exhausted");
});

test("states and speed beside the native engine, in the same run", async ({ page }) => {
  test.setTimeout(180_000);
  const MODELS = ["lease-1-2-near", "config-swap-all", "failover-four"];
  await visit(page);
  for (const model of MODELS) {
    const answer = JSON.parse(
      execFileSync(BINARY, ["check", model, "--format", "json"], { encoding: "utf8" }),
    ) as { states: number; seconds: number };
    await open(page, model);
    await page.getByRole("button", { name: "Check", exact: true }).click();
    const check = panel(page, "Check");
    const states = answer.states.toLocaleString("en");
    await expect(check).toContainText(`Holds in all ${states} states: exhausted.`, { timeout: 120_000 });
    const said = (await check.textContent())!;
    const seconds = said.match(/depth \d+, ([\d.,]+) s/)?.[1] ?? "?";
    console.log(`${model}: ${states} states; browser ${seconds} s, native ${answer.seconds.toFixed(2)} s`);
  }
});

test("a rule is switched off and on again, on the same choices", async ({ page }) => {
  await visit(page);
  await page.getByRole("tab", { name: /^Rules/ }).click();
  const rules = panel(page, "Rules");
  await rules.getByRole("searchbox").fill("one-vote-per-epoch");
  await rules.getByRole("switch", { name: /^one-vote-per-epoch/ }).click();
  await expect(page.getByRole("button", { name: /^Model:/ })).toContainText("1 rule off");
  await rules.getByRole("switch", { name: /^one-vote-per-epoch/ }).click();
  await expect(page.getByRole("button", { name: /^Model:/ })).not.toContainText("rule off");
});

test("two configurations side by side, with the first difference marked", async ({ page }) => {
  await visit(page);
  await page.getByRole("tab", { name: /^Compare/ }).click();
  const compare = panel(page, "Compare");
  const sides = compare.getByRole("combobox");
  // The same model on the same choices: nothing differs, at no step.
  await sides.first().selectOption({ label: "this model, with other rules" });
  await expect(compare).toContainText("The two stand alike at every step.");
  // With nothing of a vote on disk, they differ.
  await sides.nth(1).selectOption("vote-is-recorded");
  const jump = compare.getByRole("button", { name: /^To the first difference/ });
  await jump.click();
  await expect(jump).toHaveCount(0);
  const [first] = await steps(page);
  await expect(compare.getByRole("rowgroup").first()).toBeVisible();
  // It is the first: a step earlier both are alike.
  expect(first).toBeGreaterThan(0);
  await compare.getByRole("button", { name: "Back" }).click();
  await expect.poll(async () => (await steps(page))[0]).toBe(first - 1);
  await expect(compare.getByRole("rowgroup")).toHaveCount(0);
});

test("the designer answers as the command does, to the character", async ({ page }) => {
  const expected = execFileSync(BINARY, ["plan", "clusters/three-postgres.toml"], { encoding: "utf8", cwd: ".." });
  await visit(page);
  await page.getByRole("navigation", { name: "Rooms" }).getByRole("button", { name: "Designer" }).click();
  await page.getByRole("tab", { name: "Plan as text" }).click();
  const text = await page.getByRole("tabpanel").locator("pre").textContent();
  expect(text!.trimEnd()).toBe(expected.trimEnd());
  // A zone fails.
  await page.getByRole("button", { name: /fail/ }).first().click();
  await expect(page.getByRole("main")).toContainText("Without pg-a: writes go on");
});

test("a number that is out of bounds in the designer is shown as it is taken", async ({ page }) => {
  await visit(page);
  await page.getByRole("navigation", { name: "Rooms" }).getByRole("button", { name: "Designer" }).click();
  await page.locator("select:has(option[value=any])").first().selectOption("any");
  const field = page.locator(".designer-editor").getByRole("spinbutton").first();
  for (const typed of ["1", "-1"]) {
    await field.fill(typed);
    await field.press("Tab");
    await expect(field).toHaveValue("1");
  }
});
