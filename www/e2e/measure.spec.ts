/** Figures: printed by every run, and bounded only so far that a loaded machine does not fail. */
import { type CDPSession, type Page } from "@playwright/test";
import { expect, steps, test, visit } from "./page";
import { crowded, long } from "./runs";

/** Opens a run file through the same door as a person. */
async function open(page: Page, content: string): Promise<void> {
  const transfer = await page.evaluateHandle((text) => {
    const data = new DataTransfer();
    data.items.add(new File([text], "run.json", { type: "application/json" }));
    return data;
  }, content);
  await page.dispatchEvent("body", "drop", { dataTransfer: transfer });
}

interface Frames {
  /** Milliseconds of main-thread work for each frame, on average. */
  task: number;
  count: number;
  /** The longest single task; 0 if none was as long as 50 ms. */
  longest: number;
}

/** The work in the frames that are drawn while something goes on. */
async function frames(page: Page, client: CDPSession, act: () => Promise<void>): Promise<Frames> {
  const work = async (): Promise<number> => {
    const { metrics } = await client.send("Performance.getMetrics");
    return metrics.find(({ name }) => name === "TaskDuration")!.value;
  };
  await page.evaluate(() => {
    const counter = globalThis as unknown as { drawn: number; longest: number };
    counter.drawn = 0;
    counter.longest = 0;
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) counter.longest = Math.max(counter.longest, duration);
    }).observe({ entryTypes: ["longtask"] });
    const tick = (): void => {
      counter.drawn++;
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  });
  const before = await work();
  await act();
  const after = await work();
  const { drawn, longest } = await page.evaluate(() => {
    const { drawn, longest } = globalThis as unknown as { drawn: number; longest: number };
    return { drawn, longest };
  });
  return { task: ((after - before) * 1000) / Math.max(1, drawn), count: drawn, longest };
}

test("time from asking for the page to being able to act", async ({ page }) => {
  const times: number[] = [];
  for (let round = 0; round < 3; round++) {
    await page.goto("about:blank");
    const begun = Date.now();
    await page.goto("./", { waitUntil: "commit" });
    await page.locator(".stage-tools").getByRole("button", { name: "Crash the primary" }).waitFor();
    times.push(Date.now() - begun);
  }
  console.log(`interactive after ${times.join(", ")} ms (promised: 1000 on a quiet machine)`);
  expect(Math.min(...times)).toBeLessThan(10_000);
});

test("work in a frame: a diagram of 5,000 events while it is played and panned", async ({ page }) => {
  test.setTimeout(180_000);
  await visit(page);
  await open(page, await long(5000));
  await expect.poll(async () => (await steps(page))[1], { timeout: 60_000 }).toBe(5000);
  const client = await page.context().newCDPSession(page);
  await client.send("Performance.enable");
  const scroller = page.locator(".diagram-scroller");
  const box = (await scroller.boundingBox())!;
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  const { task, count } = await frames(page, client, async () => {
    for (let i = 0; i < 60; i++) {
      await page.mouse.wheel(i % 20 < 10 ? 120 : -120, 0);
      await page.waitForTimeout(16);
    }
  });
  console.log(`5,000 events, panned: ${task.toFixed(2)} ms of work in each of ${count} frames (promised: 8)`);
  expect(count).toBeGreaterThan(5);
});

test("work in a frame: 300 messages on their way", async ({ page }) => {
  test.setTimeout(180_000);
  await visit(page);
  await open(page, await crowded(300));
  await expect(page.getByText(/^Messages on their way: \d+$/)).toBeVisible();
  const client = await page.context().newCDPSession(page);
  await client.send("Performance.enable");
  const still = await frames(page, client, () => page.waitForTimeout(1500));
  console.log(`300 messages, standing: ${still.task.toFixed(2)} ms of work in each of ${still.count} frames (promised: 8)`);
  const letters = Number((await page.getByText(/^Messages on their way: \d+$/).textContent())!.match(/\d+/)![0]);
  expect(letters).toBeGreaterThan(40);
  await page.locator(".stage-tools").getByRole("button", { name: "Let it run" }).click();
  const moving = await frames(page, client, () => page.waitForTimeout(3000));
  console.log(`300 messages, arriving: ${moving.task.toFixed(2)} ms of work in each of ${moving.count} frames (promised: 8), ${moving.longest.toFixed(0)} ms in the longest task of a step`);
  expect(moving.count).toBeGreaterThan(5);
});
