/** A long run is gone through in slices, and all that the core says of a run is said in its words. */
import { readdirSync } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import { Session } from "../src/api/core";
import type { LinkRun } from "../src/api/types";
import { followRun, going, readRunFile, stop } from "../src/share/replay";
import { showRun } from "../src/share/show";
import { text } from "../src/share/text";
import { sandbox, start } from "../src/state/start";
import { note, path, session, show, trouble } from "../src/state/store";
import { ready, root, text as fileText } from "./core";

await ready();
beforeEach(() => {
  trouble.value = null;
});

/** No choice is gone through at once. */
const NONE = 0;

function run(steps: number): LinkRun {
  const session = Session.open(start());
  let tip = 0;
  for (let step = 0; step < steps; step++) tip = session.auto(tip, step)!;
  const made = session.link(tip, "");
  session.close();
  return made;
}

/** The first choice again and again, as somebody would who wants to keep a page busy. */
const beats = (steps: number): LinkRun => ({ ...run(8), choices: [...run(8).choices, ...Array.from({ length: steps }, () => 0)] });

async function says<T>(act: () => T | Promise<T>): Promise<T | string> {
  try {
    return await act();
  } catch (error) {
    return (error as Error).message;
  }
}

describe("a link in slices", () => {
  const own = run(250);
  const cases: [string, LinkRun][] = [
    ["whole", own],
    ["of another version", { ...own, version: "9.9.9" }],
    ["of an edited model", { ...own, hash: "0" }],
    ["with another end", { ...own, end: "0" }],
    ["with all of that", { ...own, version: "9.9.9", hash: "0", end: "0" }],
    ["with a choice that is not possible", { ...own, choices: [...own.choices.slice(0, 220), 9_999, 0, 0] }],
    ["with that and another version", { ...own, version: "9.9.9", choices: [9_999] }],
    ["with a model that is none", { ...own, model: { ...own.model, nodes: 0 } }],
    ["with choices that are none", { ...own, choices: [0, -1] }],
    ["with half a choice", { ...own, choices: [0.5] }],
    ["with too many choices", { ...own, choices: Array.from({ length: 100_001 }, () => 0) }],
    ["with no choices", { ...own, choices: "none" as never }],
  ];
  it.each(cases)("says what the core says: %s", async (_, given) => {
    const whole = await says(() => {
      const { session, warning } = Session.follow(given);
      return [warning, session.link(session.size - 1, "")];
    });
    const sliced = await says(async () => {
      const { session, tip, warning } = (await followRun(given, NONE))!;
      return [warning, session.link(tip, "")];
    });
    expect(sliced).toEqual(whole);
  });

  it("stops at a violation as the core does", async () => {
    const broken = violated();
    const found = broken.link(broken.size - 1, "");
    const given = { ...found, choices: [...found.choices, 0, 0] };
    const { warning } = Session.follow(given);
    expect(warning).toContain("nothing happens after a violation");
    expect((await followRun(given, NONE))!.warning).toBe(warning);
  });

  it("leaves the page alive, says how far it is, and can be stopped", async () => {
    const seen: { done: number; all: number }[] = [];
    let longest = 0;
    let last = performance.now();
    const pulse = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
      if (going.value === null) return;
      if (seen.at(-1)?.done !== going.value.done) seen.push(going.value);
      if (seen.length === 5) stop();
    }, 5);
    const given = { ...beats(30_000), note: "seen" };
    last = performance.now();
    const shown = await showRun(given, null);
    clearInterval(pulse);
    console.log(`stopped at ${shown} of 30008; the page waited at most ${longest.toFixed(0)} ms`);
    expect(seen.length).toBe(5);
    expect(seen.every(({ all }) => all === 30_008)).toBe(true);
    expect(seen.map(({ done }) => done)).toEqual(seen.map(({ done }) => done).toSorted((a, b) => a - b));
    expect(longest).toBeLessThan(1_000);
    expect(shown).toBeGreaterThanOrEqual(seen[4]!.done);
    expect(path.value.length - 1).toBe(shown);
    expect(note.value).toBe("seen");
    expect(trouble.value).toBe(text("stopped", { done: shown!.toLocaleString("en"), all: "30,008" }));
    expect(session.value!.link(path.value.at(-1)!, "").choices).toEqual(given.choices.slice(0, shown!));
    expect(going.value).toBeNull();
  }, 60_000);

  it("gives way to another run that is opened meanwhile", async () => {
    const slow = showRun(beats(30_000), null);
    const next = Session.open(sandbox(start()));
    setTimeout(() => show(next), 60);
    expect(await slow).toBeNull();
    expect(session.value).toBe(next);
    const [first, second] = [showRun(beats(30_000), null), showRun(run(210), null)];
    expect([await first, await second]).toEqual([null, 210]);
    expect(path.value.length).toBe(211);
    expect(going.value).toBeNull();
  }, 60_000);
});

/** A session that has gone through a scenario to the violation with which it ends. */
function violated(): Session {
  const list = JSON.parse(fileText("www/scenarios/index.json")) as { id: string; violated: boolean }[];
  const { id } = list.find((one) => one.violated)!;
  return Session.read(JSON.stringify((JSON.parse(fileText(`www/scenarios/${id}.json`)) as { run: object }).run));
}

describe("a run file in slices", () => {
  const both = async (content: string) => [
    await says(() => {
      const session = Session.read(content);
      return [session.warning, session.names(session.size - 1)];
    }),
    await says(async () => {
      const { session, tip, warning } = (await readRunFile(content, NONE))!;
      return [warning, session.names(tip)];
    }),
  ];

  it("goes where the core goes: every scenario", async () => {
    for (const name of readdirSync(new URL("www/scenarios", root)).filter((one) => one !== "index.json")) {
      const { run } = JSON.parse(fileText(`www/scenarios/${name}`)) as { run: { choices: unknown[] } };
      const [whole, sliced] = await both(JSON.stringify(run));
      expect(sliced, name).toEqual(whole);
      expect(typeof whole, name).not.toBe("string");
    }
  });

  it("says what the core says", async () => {
    const found = violated();
    const broken = JSON.parse(found.run(found.size - 1, "")) as { choices: [number, string][] };
    const long = Session.follow(run(250)).session;
    const file = JSON.parse(long.run(250, "a note")) as { choices: [number, string][]; hash: string; model: object };
    const changed = (index: number, choice: unknown): string => JSON.stringify({ ...file, choices: file.choices.with(index, choice as never) });
    const cases: [string, string, string | RegExp][] = [
      ["unused", JSON.stringify({ ...broken, choices: [...broken.choices, [0, "a"], [0, "b"]] }), "2 later choices"],
      ["impossible", changed(230, [0, "n0 tamer"]), "step 231, \"n0 tamer\", is not possible there; possible is"],
      ["with control characters", changed(230, [0, `n0\n\u0085 ${"ж😀".repeat(150)}`]), "is not possible there"],
      ["hash", JSON.stringify({ ...file, hash: "0" }), "hash: the run was recorded"],
      ["version", JSON.stringify({ ...file, quorate: 9 }), "format 9"],
      ["foreign", JSON.stringify({ choices: file.choices }), "no run file"],
      ["a field more", JSON.stringify({ ...file, more: 1 }), "unknown field"],
      ["a choice of three", changed(3, [0, "a", 1]), "column"],
      ["a choice that is a name", changed(3, "a"), "column"],
      ["a place below zero", changed(3, [-1, "a"]), "column"],
      ["truncated", JSON.stringify(file).slice(0, -20), "truncated"],
      ["too many", JSON.stringify({ ...file, choices: Array.from({ length: 100_001 }, () => [0, "a"]) }), "100001 are more"],
    ];
    for (const [name, content, expected] of cases) {
      const [whole, sliced] = await both(content);
      expect(sliced, name).toEqual(whole);
      expect(JSON.stringify(whole).replaceAll("\\\"", "\""), name).toMatch(expected);
    }
  });
});
