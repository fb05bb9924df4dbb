/** Runs that come from outside, as the page opens them. */
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Session } from "../src/api/core";
import { MOST_NOTE, shortNote, showRun } from "../src/share/show";
import { openFile } from "../src/share/open";
import { text } from "../src/share/text";
import { start } from "../src/state/start";
import { current, note, session, trouble } from "../src/state/store";
import { ready } from "./core";

beforeAll(ready);

/** As things happen by themselves, so many steps. */
function run(steps: number): { session: Session; tip: number } {
  const session = Session.open(start());
  let tip = 0;
  for (let step = 0; step < steps; step++) tip = session.auto(tip, step)!;
  return { session, tip };
}

const bytes = (words: string): number => new TextEncoder().encode(words).length;
const CUT = text("noteCut", { most: "16,384" });

describe("a note that is too long", () => {
  beforeEach(() => {
    trouble.value = null;
  });

  it("is cut between two characters", () => {
    expect(shortNote("ж".repeat(MOST_NOTE / 2))).toEqual({ kept: "ж".repeat(MOST_NOTE / 2), warning: null });
    const { kept, warning } = shortNote(`a${"ж".repeat(30_000)}`);
    expect([kept, bytes(kept)]).toEqual([`a${"ж".repeat(MOST_NOTE / 2 - 1)}`, MOST_NOTE - 1]);
    expect(warning).toBe(CUT);
    // As much as the core takes, and no less.
    const { session: own, tip } = run(1);
    expect(own.link(tip, "x".repeat(MOST_NOTE)).note.length).toBe(MOST_NOTE);
    expect(() => own.link(tip, "x".repeat(MOST_NOTE + 1))).toThrow("16384");
  });

  it("of a link is cut, and that is said", async () => {
    const { session: own, tip } = run(20);
    await showRun({ ...own.link(tip, ""), note: "x".repeat(30_000) }, null);
    expect(note.value).toBe("x".repeat(MOST_NOTE));
    expect(trouble.value).toBe(CUT);
    const again = session.value!.link(current.value!.tip, note.value);
    expect(again.choices.length).toBe(20);
  });

  it("of a run file is cut, and that is said", async () => {
    const { session: own, tip } = run(20);
    const file = { ...(JSON.parse(own.run(tip, "")) as object), note: "x".repeat(30_000) };
    await openFile(new File([JSON.stringify(file)], "a.json"));
    expect(trouble.value).toBe(CUT);
    expect(note.value.length).toBe(MOST_NOTE);
    expect(session.value!.run(current.value!.tip, note.value)).toContain(note.value);
  });
});
