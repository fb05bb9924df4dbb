/**
 * Nothing that is passed to the core ends it: whatever is impossible is refused by an `Error` with a sentence, and
 * everything answers afterwards as before. A trap of WebAssembly (`RuntimeError`) would be the end of a page.
 */
import { beforeAll, expect, test } from "vitest";
import { catalogue, rules } from "../src/api/core";
import { plan, planModel } from "../src/api/plan";
import { Search } from "../src/pkg/check";
import { Session } from "../src/pkg/play";
import { ready, text } from "./core";

beforeAll(ready);

/** Marsaglia's xorshift: the same calls in every run. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const NUMBERS = [0, 1, 2, 3, -1, 0.5, NaN, Infinity, -Infinity, 1e10, 2 ** 32 - 1, 2 ** 32, 2 ** 31, Number.MAX_SAFE_INTEGER, 1e308, -0];
const deep = (open: string, close: string, many: number): string => open.repeat(many) + close.repeat(many);
const TEXTS = [
  "", " ", "null", "0", "[]", "{}", "[[]]", "{\"quorate\":1}", "{\"quorate\":1e999}", "\u0000", "\ud800", "n0 timer", "heal", "[\"n0 timer\"]",
  "[\"\u0000\"]", "[1,2]", "{\"name\":1}", "😀".repeat(1000), "[".repeat(100_000), deep("[", "]", 100_000), "{\"a\":".repeat(50_000),
  "x".repeat(1 << 20), `["${"n".repeat(1 << 20)}"]`, "\"", "\\", "rust-test", "mermaid", "itf", "text", "nodes = 3", "[[node]]\n", `a = ${deep("[", "]", 50_000)}`,
  `a = ${deep("{b=", "}", 10_000)}`, "[a.".repeat(10_000), "mode = \"\\uD800\"",
];

let [calls, refused] = [0, 0];

/** The answer; undefined if the call was refused. Anything but a refusal with a sentence fails the test. */
function attempt<T>(act: () => T): T | undefined {
  calls += 1;
  try {
    return act();
  } catch (error) {
    if (!(error instanceof Error) || error instanceof WebAssembly.RuntimeError || error.message === "") throw error;
    refused += 1;
    return undefined;
  }
}

/** Changes a JSON value somewhere. */
function mutate(value: unknown, pick: (below: number) => number): unknown {
  if (pick(8) === 0) {
    const others: unknown[] = [null, true, [], {}, "", "n0", ...NUMBERS.map((n) => (Number.isFinite(n) ? n : 255)), 255, 256, 65_536, "counted", "any", [1, 2], [200, 1]];
    return others[pick(others.length)];
  }
  if (Array.isArray(value)) {
    const copy = value.map((one) => (pick(3) === 0 ? mutate(one, pick) : one));
    if (pick(6) === 0 && copy.length > 0) copy.splice(pick(copy.length), 1);
    if (pick(6) === 0) copy.push(copy[0]);
    return copy;
  }
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).flatMap(([key, one]) => (pick(12) === 0 ? [] : [[key, pick(3) === 0 ? mutate(one, pick) : one]])));
  }
  return value;
}

/** One call of a session with arguments that are mostly wrong. */
function disturb(session: Session, pick: (below: number) => number): void {
  const id = (): number => (pick(3) > 0 ? pick(session.size()) : NUMBERS[pick(NUMBERS.length)]!);
  const index = (): number => (pick(3) > 0 ? pick(60) : NUMBERS[pick(NUMBERS.length)]!);
  const any = (): string => TEXTS[pick(TEXTS.length)]!;
  const acts: (() => unknown)[] = [
    () => JSON.parse(session.view(id())),
    () => JSON.parse(session.choices(id())),
    () => JSON.parse(session.event(id())),
    () => session.path(id()),
    () => session.choose(id(), index()),
    () => session.choose(id(), index()),
    () => session.choose(session.size() - 1, index()),
    () => session.choose_named(id(), any()),
    () => session.auto(id(), index()),
    () => session.auto(session.size() - 1, 0),
    () => JSON.parse(session.explain(id())),
    () => JSON.parse(session.explain(session.size() - 1)),
    () => JSON.parse(session.walk(id(), any())),
    () => JSON.parse(session.adopt(any())),
    () => JSON.parse(session.names(id())),
    () => session.run(id(), any()),
    () => session.link(id(), any()),
    () => session.export(id(), any()),
    () => session.warning(),
    () => JSON.parse(session.about()),
  ];
  attempt(acts[pick(acts.length)]!);
}

test("a session is disturbed by no call", () => {
  const pick = random(20_261_129);
  const models = [...catalogue().map(({ model }) => model), ...rules().flatMap(({ kill }) => (kill === null ? [] : [kill.model]))];
  for (let round = 0; round < 60; round += 1) {
    const model = structuredClone(models[pick(models.length)]!);
    if (pick(2) === 0) model.scope = { ...model.scope, network: "counted", drops: 9, duplicates: 9, partitions: 3, pauses: 3, epochs: 9 };
    const session = Session.open(JSON.stringify(model));
    for (let call = 0; call < 100; call += 1) disturb(session, pick);
    // It answers as a session that was never disturbed.
    const names = session.names(session.size() - 1);
    const fresh = Session.open(JSON.stringify(model));
    const { stopped, moment } = JSON.parse(fresh.walk(0, names)) as { stopped: string | null; moment: number };
    expect(stopped).toBeNull();
    const view = (of: Session, at: number): unknown => ({ ...JSON.parse(of.view(at)), id: 0, parent: 0, letters: 0 });
    expect(view(session, session.size() - 1)).toEqual(view(fresh, moment));
    session.free();
    fresh.free();
  }
  console.log(`${calls} calls, ${refused} refused`);
  expect(calls).toBeGreaterThanOrEqual(6_000);
  expect(refused).toBeGreaterThan(1_000);
}, 600_000);

test("no text is more than can be refused", () => {
  for (const one of TEXTS) {
    for (const act of [
      () => Session.open(one), () => Session.read(one), () => Session.follow(one), () => Search.start(one, "[]", 10),
      () => JSON.parse(plan(one.slice(0, 99), one).text === "" ? "0" : "1"), () => planModel("f", one),
    ]) attempt(act);
    expect(() => Session.open(one)).toThrow();
    expect(() => Session.read(one)).toThrow();
  }
}, 120_000);

test("no model, run or link that was tampered with is more than can be refused", () => {
  const pick = random(4_711);
  const { model } = catalogue().find(({ name }) => name === "failover")!;
  const session = Session.open(JSON.stringify(model));
  for (let step = 0; step < 30; step += 1) session.auto(session.size() - 1, 0);
  const last = session.size() - 1;
  const run = JSON.parse(session.run(last, "a note"));
  const link = JSON.parse(session.link(last, "a note"));
  const models = catalogue();
  let opened = 0;
  for (let round = 0; round < 2_000; round += 1) {
    const changed = JSON.stringify(mutate(models[pick(models.length)]!.model, pick)) ?? "";
    const one = attempt(() => Session.open(changed));
    if (one !== undefined) {
      opened += 1;
      for (let call = 0; call < 10; call += 1) disturb(one, pick);
      one.free();
    }
    const search = attempt(() => Search.start(changed, JSON.stringify(mutate(["n0 timer"], pick)), NUMBERS[pick(NUMBERS.length)]!));
    if (search !== undefined) {
      attempt(() => search.outcome());
      attempt(() => search.advance(NUMBERS[pick(6)]!));
      attempt(() => search.advance(200));
      attempt(() => JSON.parse(search.progress()));
      search.free();
    }
    attempt(() => Session.read(JSON.stringify(mutate(run, pick))))?.free();
    attempt(() => Session.follow(JSON.stringify(mutate(link, pick))))?.free();
    const half = JSON.stringify(run);
    attempt(() => Session.read(half.slice(0, pick(half.length))));
  }
  expect(opened).toBeGreaterThan(100);
  session.free();
}, 600_000);

test("no cluster file that was tampered with is more than can be refused", () => {
  const pick = random(99);
  const file = text("clusters/three-postgres.toml");
  for (let round = 0; round < 1_000; round += 1) {
    const [from, to] = [pick(file.length), pick(60)];
    const changed = file.slice(0, from) + TEXTS[pick(13)] + file.slice(from + to);
    const answer = plan("x.toml", changed);
    expect(answer.error === null).toBe(answer.plan !== null);
    attempt(() => planModel("x.toml", changed));
  }
}, 120_000);
