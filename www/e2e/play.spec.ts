/** The first visit, the stage by pointer and by keyboard, time travel and branches. */
import { type Page } from "@playwright/test";
import { accessible, expect, fits, ready, steps, test, visit } from "./page";
import { forged } from "./runs";

const node = (page: Page, name: string) => page.getByRole("button", { name: new RegExp(`^${name},`) });
const tool = (page: Page, name: string) => page.locator(".stage-tools").getByRole("button", { name });
const branchesOf = (page: Page, all: number) => page.getByRole("button", { name: new RegExp(`branch \\d of ${all}`) });
const machines = (page: Page) => page.getByRole("group", { name: "Machines, messages and links" });

/** A line by pointer. */
async function draw(page: Page, from: { x: number; y: number }, to: { x: number; y: number }): Promise<void> {
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move((from.x + to.x) / 2, (from.y + to.y) / 2, { steps: 6 });
  await page.mouse.move(to.x, to.y, { steps: 6 });
  await page.mouse.up();
}

async function elect(page: Page): Promise<void> {
  // What a button has just become is not what a double click meant; the page waits this long.
  await page.waitForTimeout(500);
  await tool(page, "Elect a primary").click();
  await expect(page.getByRole("button", { name: /^n\d, primary, serving/ })).toBeVisible({ timeout: 20_000 });
}

test("a first visit is guided: crash, elect, check", async ({ page }) => {
  await page.goto("./");
  await ready(page);
  const tour = page.locator(".tour");
  await expect(tour.getByRole("heading", { name: "A first look" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Check", exact: true })).toBeVisible();
  await tour.getByRole("button", { name: "Next" }).click();
  await tour.getByRole("button", { name: "Crash the primary" }).click();
  await expect(node(page, "n0")).toHaveAccessibleName(/^n0, down/);
  await tour.getByRole("button", { name: "Elect a primary" }).click();
  await expect(page.getByRole("button", { name: /^n[12], primary, serving/ })).toBeVisible({ timeout: 20_000 });
  await expect(tour).toContainText("Check goes through all of them");
  await tour.getByRole("button", { name: "Check" }).click();
  await expect(page.getByRole("region", { name: "Check", exact: true })).toContainText("Searching");
  await page.reload();
  await ready(page);
  await expect(tour, "nobody is guided twice").toHaveCount(0);
});

test("on a small screen the guide makes room for the check, and its answer is in sight", async ({ page }) => {
  await page.setViewportSize({ width: 375, height: 720 });
  await page.goto("./");
  await ready(page);
  const tour = page.locator(".tour");
  await tour.getByRole("button", { name: "Next" }).click();
  await tour.getByRole("button", { name: "Crash the primary" }).click();
  await tour.getByRole("button", { name: "Elect a primary" }).click();
  await expect(tour).toContainText("Check goes through all of them", { timeout: 20_000 });
  // Back stays back, although what the card asks for is done.
  await tour.getByRole("button", { name: "Back" }).click();
  await expect(tour).toContainText("Nobody is in charge now");
  await page.waitForTimeout(300);
  await expect(tour).toContainText("3/6");
  await tour.getByRole("button", { name: "Next" }).click();
  await tour.getByRole("button", { name: "Check", exact: true }).click();
  const drawer = page.getByRole("tabpanel");
  const inSight = (what: RegExp) => async (): Promise<boolean> => {
    const [box, place] = [await drawer.getByText(what).first().boundingBox(), await drawer.boundingBox()];
    const [x, y] = [box!.x + 20, box!.y + box!.height / 2];
    const top = await page.evaluate(([x, y]) => document.elementFromPoint(x!, y!)?.closest("[role=tabpanel], .tour")?.id, [x, y]);
    return box!.y >= place!.y && box!.y + box!.height <= place!.y + place!.height && top === "shell-panel";
  };
  await expect(drawer.getByText(/^Holds in all/)).toBeAttached({ timeout: 50_000 });
  await expect.poll(inSight(/^Holds in all/)).toBe(true);
  await tour.getByRole("button", { name: "Unfold the card" }).click();
  await expect(tour).toContainText("Check goes through all of them");
  // Without the guide, from the header: also where the diagram has taken the place of the panel meanwhile.
  await page.getByRole("button", { name: "End the tour" }).click();
  await page.locator("#tab-diagram").click();
  await page.getByRole("button", { name: "Check", exact: true }).click();
  await expect(drawer.getByText(/^Holds in all/)).toBeAttached({ timeout: 50_000 });
  await expect.poll(inSight(/^Holds in all/)).toBe(true);
});

test("the stage by pointer: write, crash, restart, cut, heal, pause, messages", async ({ page }) => {
  await visit(page);
  await tool(page, "Write").click();
  await expect(page.getByText("1 written · 0 acknowledged")).toBeVisible();
  await tool(page, "Let it run").click();
  await expect(page.getByText("1 written · 1 acknowledged")).toBeVisible({ timeout: 20_000 });

  const choose = async (who: string, what: RegExp): Promise<void> => {
    await node(page, who).click();
    await page.getByRole("menu").getByRole("menuitem", { name: what }).first().click();
  };
  await expect(tool(page, "Let it run")).toBeVisible({ timeout: 20_000 });
  await choose("n2", /^Pause/);
  await expect(node(page, "n2")).toHaveAccessibleName(/paused/);
  await choose("n2", /^Resume/);
  await choose("n2", /^Crash/);
  await expect(node(page, "n2")).toHaveAccessibleName(/^n2, down/);
  await choose("n2", /^Restart/);
  await expect(node(page, "n2")).toHaveAccessibleName(/^n2, follower/);

  // A line between n0 and the others cuts the network.
  const above = await node(page, "n0").boundingBox();
  const stage = await machines(page).boundingBox();
  const y = (above!.y + above!.height + (stage!.y + stage!.height)) / 2 - 20;
  const across = { from: { x: stage!.x + 30, y }, to: { x: stage!.x + stage!.width - 30, y } };
  await draw(page, across.from, across.to);
  await expect(tool(page, "Heal the network")).toBeVisible();
  // Another line heals nothing; the same one does.
  await draw(page, { x: stage!.x + 20, y: stage!.y + 10 }, { x: stage!.x + 24, y: stage!.y + stage!.height - 10 });
  await expect(page.locator(".stage-noticed")).toContainText("it is cut already");
  await expect(tool(page, "Heal the network")).toBeVisible();
  await draw(page, { x: across.from.x, y: y + 5 }, across.to);
  await expect(tool(page, "Cut the network…")).toBeVisible();
  await draw(page, across.from, across.to);
  await tool(page, "Heal the network").click();
  await expect(tool(page, "Cut the network…")).toBeVisible();

  // A message is doubled, dropped, delivered.
  await tool(page, "Write").click();
  const letters = page.getByText(/^Messages on their way: \d+$/);
  await letters.click();
  const count = async (): Promise<number> => Number((await letters.textContent())!.match(/\d+/)![0]);
  const many = await count();
  expect(many).toBeGreaterThan(0);
  const table = page.locator(".stage-scroll");
  await table.getByRole("button", { name: /^Duplicate/ }).first().click();
  const doubled = await count();
  await table.getByRole("button", { name: /^Drop/ }).first().click();
  await table.getByRole("button", { name: /^Deliver/ }).first().click();
  expect(await count()).toBeLessThan(doubled + 2);
});

test("the stage by keyboard alone: crash, cut, walk messages, deliver", async ({ page }) => {
  await visit(page);
  await page.keyboard.press("Tab");
  await machines(page).getByRole("button").first().focus();
  await page.keyboard.press("w");
  await expect(page.getByText("1 written · 0 acknowledged")).toBeVisible();
  await page.keyboard.press("m");
  await page.keyboard.press("d");
  const [delivered] = await steps(page);
  expect(delivered).toBe(10);
  await page.keyboard.press("0");
  await page.keyboard.press("c");
  await expect(node(page, "n0")).toHaveAccessibleName(/^n0, down/);
  await page.keyboard.press("r");
  await expect(node(page, "n0")).toHaveAccessibleName(/^n0, follower/);
  await page.keyboard.press("x");
  const dialog = page.getByRole("dialog", { name: /Cut the network/ });
  await expect(dialog).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
});

test("acting in the past forks, and every branch is kept", async ({ page }) => {
  await visit(page);
  const [, before] = await steps(page);
  await tool(page, "Crash the primary").click();
  await elect(page);
  const [, long] = await steps(page);
  expect(long).toBeGreaterThan(before + 2);
  await page.getByRole("slider", { name: "Step of the run", exact: true }).focus();
  await page.keyboard.press("Home");
  expect(await steps(page)).toEqual([0, long]);
  for (let i = 0; i < before; i++) await page.keyboard.press("ArrowRight");
  expect(await steps(page)).toEqual([before, long]);
  await tool(page, "Write").click();
  const branches = page.getByRole("button", { name: /branch 2 of 2/ });
  await expect(branches).toBeVisible();
  await branches.click();
  await page.getByRole("dialog", { name: "Branches" }).getByRole("button", { name: /^main/ }).click();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("button", { name: /branch 1 of 2/ })).toBeVisible();
  expect((await steps(page))[1]).toBe(long);

  // Another model takes its place; the way back is where rules are, and leads to all of it.
  await page.getByRole("button", { name: /^Model:/ }).click();
  await page.getByRole("dialog").getByRole("button", { name: /^lease/ }).first().click();
  await expect(branchesOf(page, 2)).toHaveCount(0);
  await page.getByRole("tab", { name: /^Rules/ }).click();
  await page.getByRole("button", { name: "Back to three nodes" }).click();
  await expect(page.getByRole("button", { name: /branch 1 of 2/ })).toBeVisible();
  expect((await steps(page))[1]).toBe(long);

  // The next visit has all of it as well.
  await expect.poll(() => page.evaluate(() => (JSON.parse(localStorage.getItem("quorate.run") ?? "{}") as { others?: [] }).others?.length)).toBe(1);
  await page.reload();
  await expect(page.getByRole("button", { name: /branch 1 of 2/ })).toBeVisible();
  expect((await steps(page))[1]).toBe(long);
});

test("rooms have addresses, and Back and Forward go between them", async ({ page }) => {
  await visit(page);
  const shown = async (room: string, hash: string): Promise<void> => {
    await expect(page.getByRole("navigation", { name: "Rooms" }).getByRole("button", { name: room })).toHaveAttribute("aria-current", "page");
    expect(new URL(page.url()).hash).toBe(hash);
  };
  const go = (room: string) => page.getByRole("navigation", { name: "Rooms" }).getByRole("button", { name: room }).click();
  await shown("Playground", "");
  await go("Learn");
  await shown("Learn", "#learn");
  await go("Designer");
  await shown("Designer", "#designer");
  await page.goBack();
  await shown("Learn", "#learn");
  await page.goBack();
  await shown("Playground", "");
  await page.goForward();
  await shown("Learn", "#learn");
  await page.reload();
  await shown("Learn", "#learn");
  await expect(page.locator(".notice")).toHaveCount(0);

  // A link goes on naming its run while another room is looked at; a run that was changed is not opened anew.
  await page.goto(`./${await forged(0, "")}`);
  await ready(page);
  const { hash } = new URL(page.url());
  await go("Designer");
  await shown("Designer", "#designer");
  await go("Playground");
  await shown("Playground", "#play");
  await tool(page, "Crash the primary").click();
  await page.goBack();
  await page.goBack();
  await shown("Playground", hash);
  await expect(node(page, "n0")).toHaveAccessibleName(/^n0, down/);

  // Another link is opened from any room, and named until its run goes on.
  await go("Learn");
  const other = await forged(3, "");
  await page.evaluate((link) => (location.hash = link), other);
  await expect(node(page, "n0")).toHaveAccessibleName(/^n0, primary/);
  await page.waitForTimeout(800);
  await shown("Playground", other);
  await tool(page, "Crash the primary").click();
  await page.keyboard.press("ArrowLeft");
  await expect.poll(() => new URL(page.url()).hash).toBe("");
});

test("clocks: time passes, a lease drains, a clock is skewed", async ({ page }) => {
  await visit(page);
  await page.getByRole("navigation", { name: "Rooms" }).getByRole("button", { name: "Learn" }).click();
  await page.locator(".learn-card", { hasText: "A successor waits its turn" }).click();
  const tour = page.locator(".tour");
  await expect(node(page, "n0")).toHaveAccessibleName(/lease 1 of 1 ticks left/);
  await tour.getByRole("button", { name: "Next" }).click();
  await expect(node(page, "n2")).toHaveAccessibleName(/waiting for older leases/, { timeout: 15_000 });
  const clock = page.getByRole("button", { name: /^Clock of n0: 0 ticks, \+/ });
  const rate = await clock.getAttribute("aria-label");
  await clock.click();
  await expect(page.getByRole("button", { name: /^Clock of n0: 0 ticks, \+/ })).not.toHaveAttribute("aria-label", rate!);
  await page.locator(".stage-tools").getByRole("button", { name: "Time passes" }).click();
  await expect(node(page, "n0")).toHaveAccessibleName(/without a lease/);
});

test("all that can be done on the stage is in sight, also where the stage is narrow", async ({ page }) => {
  await page.setViewportSize({ width: 820, height: 800 });
  await visit(page);
  await tool(page, "Crash the primary").click();
  await expect(tool(page, "Elect a primary")).toBeVisible();
  const hidden = await page.locator(".stage-tools").evaluate((tools) => tools.scrollWidth - tools.clientWidth);
  expect(hidden).toBe(0);
});

for (const [width, height] of [[720, 375], [844, 340], [932, 430], [1000, 500], [1280, 400], [375, 548], [375, 667]] as const) {
  test(`in a window of ${width} by ${height} every machine and the timeline are in sight`, async ({ page }) => {
    await page.setViewportSize({ width, height });
    await visit(page);
    const stage = (await page.locator(".stage-scene").boundingBox())!;
    for (const one of await page.locator(".stage-node").all()) {
      for (const part of [".stage-shape", ".stage-chip"]) {
        const box = (await one.locator(part).boundingBox())!;
        expect(box.y).toBeGreaterThanOrEqual(stage.y);
        expect(box.y + box.height).toBeLessThanOrEqual(stage.y + stage.height);
        expect(box.x).toBeGreaterThanOrEqual(stage.x);
        expect(box.x + box.width).toBeLessThanOrEqual(stage.x + stage.width);
      }
    }
    const time = (await page.locator(".shell-timeline").boundingBox())!;
    expect(time.y + time.height).toBeLessThanOrEqual(height);
    await expect(page.getByRole("tab", { name: /^Diagram/ }).first()).toBeInViewport();
    await fits(page);
  });
}

test("a story that begins while a check runs is told, not folded", async ({ page }) => {
  await page.setViewportSize({ width: 375, height: 667 });
  await visit(page);
  await page.locator(".shell-check").click();
  await page.getByRole("button", { name: "More", exact: true }).click();
  await page.getByRole("button", { name: "Learn" }).click();
  await page.getByRole("button", { name: /A split vote/ }).first().click();
  await expect(page.locator(".tour h2")).toHaveText("A split vote");
  await expect(page.locator(".tour-body")).toBeVisible();
  await expect(page.locator(".tour").getByRole("button", { name: "Next" })).toBeVisible();
});

test("the verdict is said in whole words, or by its mark alone", async ({ page }) => {
  await visit(page);
  for (let width = 800; width <= 1100; width += 50) {
    await page.setViewportSize({ width, height: 800 });
    const [shown, whole] = await page.locator(".shell-verdict-words").evaluate((words) => [words.clientWidth, words.scrollWidth]);
    expect(shown! <= 1 || shown! >= whole!, `${width} px`).toBe(true);
  }
});

test("inside another page it is said that the invariants hold, without a button that does nothing", async ({ page }) => {
  await visit(page, "./?embed=1");
  await expect(page.getByText(/^\d+ invariants hold$/)).toBeVisible();
  await expect(page.getByRole("button", { name: /invariants hold$/ })).toHaveCount(0);
});

test("a lease and a fenced resource from the list: a clock is faster, a machine is suspended, reads, a disk fails", async ({ page }) => {
  await visit(page);
  // What a model never offers is in the menu, and says why.
  await node(page, "n0").click();
  await expect(page.getByRole("menuitem", { name: /The disk fails.*on disk at once/ })).toHaveAttribute("aria-disabled", "true");
  await expect(page.getByRole("menuitem", { name: /Suspend it.*no time passes/ })).toHaveAttribute("aria-disabled", "true");
  await page.getByRole("menuitem", { name: /^Quorum read/ }).click();
  await expect(page.locator(".stage-read")).toHaveCount(1);

  await page.getByRole("button", { name: /^Model:/ }).click();
  await page.getByRole("dialog").getByRole("button", { name: /^three nodes with a lease and a fenced resource/ }).click();
  await expect(node(page, "n0")).toHaveAccessibleName(/serving.*lease 2 of 2 ticks left/);
  const choose = async (who: string, what: RegExp): Promise<void> => {
    await node(page, who).click();
    await page.getByRole("menu").getByRole("menuitem", { name: what }).first().click();
  };
  await choose("n0", /^Lease read/);
  await expect(page.locator(".stage-read")).toHaveCount(1);
  await choose("n1", /^Faster clock/);
  await expect(page.locator(".stage-noticed")).toContainText("the clock of n1 counts +2");
  await choose("n0", /^Suspended/);
  await tool(page, "Time passes").click();
  await expect(page.getByRole("button", { name: /^Clock of n0: 0 ticks, \+0/ })).toBeVisible();
  await expect(page.getByRole("button", { name: /^Clock of n1: 2 ticks/ })).toBeVisible();
  await expect(node(page, "n0"), "who was suspended does not trust its lease").toHaveAccessibleName(/without a lease/);
  await choose("n2", /^Its timer fires/);
  await choose("n2", /^The disk fails/);
  await expect(node(page, "n2")).toHaveAccessibleName(/^n2, halted/);
});

test("at 375 px no message stands on the label of a cut", async ({ page }) => {
  await page.setViewportSize({ width: 375, height: 720 });
  await visit(page);
  await tool(page, "Write").click();
  const [top, side, stage] = [await node(page, "n0").boundingBox(), await node(page, "n1").boundingBox(), await machines(page).boundingBox()];
  const y = (top!.y + top!.height / 2 + side!.y + side!.height / 2) / 2;
  await draw(page, { x: stage!.x + 12, y }, { x: stage!.x + stage!.width - 12, y });
  const label = await page.locator(".stage-division text").boundingBox();
  const letters = await page.locator(".stage-letter:visible .stage-pill").all();
  expect(letters.length).toBeGreaterThan(2);
  for (const one of letters) {
    const box = (await one.boundingBox())!;
    const apart = box.x >= label!.x + label!.width || box.x + box.width <= label!.x || box.y >= label!.y + label!.height || box.y + box.height <= label!.y;
    expect(apart).toBe(true);
  }
});

test("two languages, switched by one control", async ({ page }) => {
  await visit(page);
  await page.getByRole("button", { name: /БГ/ }).click();
  await expect(page.locator("html")).toHaveAttribute("lang", "bg");
  await expect(page.getByRole("button", { name: "Провери", exact: true })).toBeVisible();
  await page.getByRole("button", { name: /EN/ }).click();
  await expect(page.locator("html")).toHaveAttribute("lang", "en");
});

const LOOKS = [
  { name: "wide, light", width: 1280, height: 800, scheme: "light", forced: "none" },
  { name: "wide, dark", width: 1280, height: 800, scheme: "dark", forced: "none" },
  { name: "375 px, light", width: 375, height: 720, scheme: "light", forced: "none" },
  { name: "375 px, dark", width: 375, height: 720, scheme: "dark", forced: "none" },
  { name: "forced colours", width: 1280, height: 800, scheme: "light", forced: "active" },
] as const;

for (const { name, width, height, scheme, forced } of LOOKS) {
  test(`accessible: ${name}`, async ({ page }) => {
    test.setTimeout(300_000);
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme: scheme, forcedColors: forced, reducedMotion: "reduce" });
    await page.goto("./");
    await ready(page);
    await accessible(page, "first visit");
    await page.locator(".tour-close").click();
    await fits(page);
    for (const tab of ["Invariants", "Check", "Rules", "Compare", "Challenge"]) {
      await page.getByRole("tab", { name: new RegExp(`^${tab}`) }).click();
      await accessible(page, tab);
      await fits(page);
    }
    for (const room of ["Learn", "Designer"]) {
      if (width < 800) await page.getByRole("button", { name: "More", exact: true }).click();
      await page.getByRole("button", { name: room, exact: true }).click();
      await page.waitForTimeout(300);
      await accessible(page, room);
      await fits(page);
    }
  });
}
