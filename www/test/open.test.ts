/** Runs that come from outside, as the page opens them. */
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Session } from "../src/api/core";
import { MOST_NOTE, shortNote, showRun } from "../src/share/show";
import { openFile } from "../src/share/open";
import { text } from "../src/share/text";
import { start } from "../src/state/start";
import { current, note, path, session, step, trouble } from "../src/state/store";
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

describe("a report", () => {
  const carrying = (carried: string, rest = "</script></html>"): string =>
    `<!doctype html><script type="application/json" id="quorate-run">${carried}${rest}`;
  const opened = async (content: string): Promise<string | null> => {
    trouble.value = null;
    await openFile(new File([content], "r.html"));
    return trouble.value;
  };

  it("opens at the step it was made at", async () => {
    const { session: own, tip } = run(20);
    expect(await opened(carrying(JSON.stringify({ run: own.link(tip, "look"), at: 7 })))).toBeNull();
    expect([path.value.length - 1, step.value, note.value]).toEqual([20, 7, "look"]);
  });

  it("that was cut short or changed anywhere in its run is refused by a sentence", async () => {
    const { session: own, tip } = run(20);
    const before = session.value;
    const whole = JSON.stringify({ run: own.link(tip, ""), at: 7 });
    for (let length = 1; length < whole.length; length += 7) {
      const part = whole.slice(0, length);
      expect(await opened(carrying(part, "")), part).toBe(text("fileDamaged", { name: "r.html" }));
      expect(await opened(carrying(part)), part).toBe(text("fileDamaged", { name: "r.html" }));
    }
    for (const other of ["{}", "[]", "1", '{"run":null}', '{"run":{"note":1}}', '{"run":{"choices":[]},"at":0}']) {
      expect(await opened(carrying(other)), other).toBe(text("fileDamaged", { name: "r.html" }));
    }
    for (const none of ["<!doctype html><p>", carrying("null"), carrying("")]) {
      expect([text("fileReport", { name: "r.html" }), text("fileDamaged", { name: "r.html" })], none).toContain(await opened(none));
    }
    expect(session.value).toBe(before);
  });
});
