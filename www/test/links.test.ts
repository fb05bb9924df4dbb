import { beforeAll, describe, expect, it } from "vitest";
import { catalogue, Session } from "../src/api/core";
import { ready } from "./core";
import type { Model } from "../src/api/types";
import { readLink, writeLink } from "../src/share/link";
import { sandbox, start } from "../src/state/start";

beforeAll(ready);

/** As far as it goes, at most so many steps. */
function run(model: Model, steps: number): { session: Session; tip: number } {
  const session = Session.open(model);
  let tip = 0;
  for (let step = 0; step < steps; step++) {
    const next = session.auto(tip, step);
    if (next === null) break;
    tip = next;
  }
  return { session, tip };
}

async function length(model: Model, steps: number): Promise<{ steps: number; characters: number }> {
  const { session, tip } = run(model, steps);
  const sent = session.link(tip, "");
  const link = await writeLink({ run: sent, at: null });
  const { run: got } = await readLink(link);
  expect([got.choices, got.hash, got.end]).toEqual([sent.choices, sent.hash, sent.end]);
  const { session: again, warning } = Session.follow(got);
  expect(warning).toBeNull();
  expect(again.link(again.size - 1, "").end).toBe(sent.end);
  session.close();
  again.close();
  return { steps: sent.choices.length, characters: link.length };
}

describe("a link of the core", () => {
  it("opens the same run in a new session, and stays short", async () => {
    for (const [steps, most] of [[8, 120], [50, 200], [200, 400], [1_000, 1_300]] as const) {
      const found = await length(start(), steps);
      console.log(`three nodes: ${found.steps} steps in ${found.characters} characters`);
      expect(found.steps).toBe(steps);
      expect(found.characters).toBeLessThanOrEqual(most);
    }
  });

  it("names every bundled model and its sandbox", async () => {
    for (const { model } of catalogue()) {
      for (const played of [model, sandbox(model)]) expect((await length(played, 5)).characters, model.name).toBeLessThan(150);
    }
  }, 60_000);

  it("says when the model means something else by now", async () => {
    const { session, tip } = run(start(), 30);
    const other = { ...session.link(tip, ""), hash: "0000000000000000", end: "0000000000000000" };
    const { run: got } = await readLink(await writeLink({ run: other, at: 3 }));
    const { warning } = Session.follow(got);
    expect(warning).toMatch(/\w+ .*\.?/);
  });
});
