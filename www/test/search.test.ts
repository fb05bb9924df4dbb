/** The search in WebAssembly is the native one: the same number of states, the same shortest counterexamples. */
import { beforeAll, describe, expect, test } from "vitest";
import { catalogue, rules } from "../src/api/core";
import type { Model, SearchOutcome, SearchProgress } from "../src/api/types";
import { Search } from "../src/pkg/check";
import { ready } from "./core";

/** Larger models are left to the native tests, unless all are asked for: `QUORATE_LARGEST=20000000 npm test -- search`
 * takes an hour. */
const LARGEST = Number(process.env["QUORATE_LARGEST"] ?? 300_000);
const MINUTES = 60_000;

interface Ended { outcome: SearchOutcome; progress: SearchProgress; milliseconds: number }

function explore(model: Model, from: string[] = [], slice = 4_096, maxStates = 4_000_000): Ended {
  const search = Search.start(JSON.stringify(model), JSON.stringify(from), maxStates);
  const begun = performance.now();
  while (!search.advance(slice));
  const milliseconds = performance.now() - begun;
  const ended = { outcome: JSON.parse(search.outcome()), progress: JSON.parse(search.progress()), milliseconds };
  search.free();
  return ended;
}

beforeAll(ready);

describe("bundled models", () => {
  test("have as many states, and break in as few steps, as is recorded", () => {
    let [models, states, milliseconds] = [0, 0, 0];
    for (const { name, suite, floor, broken, model } of catalogue()) {
      if (suite === "long" || floor > LARGEST) continue;
      const ended = explore(model, [], 4_096, 2 * LARGEST);
      models += 1;
      states += ended.progress.states;
      milliseconds += ended.milliseconds;
      if (broken === null) {
        expect(ended.outcome, name).toEqual({ kind: "proved" });
        expect(ended.progress.states, name).toBe(floor);
        expect(ended.progress.levels.reduce((sum, level) => sum + level, 0), name).toBe(floor);
        expect(ended.progress.frontier, name).toBe(0);
      } else {
        expect(ended.outcome, name).toMatchObject({ kind: "violated", ...broken });
      }
    }
    expect(models).toBeGreaterThan(20);
    console.log(`${models} bundled models, ${states} states, ${Math.round(states / (milliseconds / 1000))} states/s`);
  }, 90 * MINUTES);

  test("are the same in slices of any size", () => {
    const { model } = catalogue().find(({ name }) => name === "config-add")!;
    const whole = explore(model, [], 1 << 20);
    for (const slice of [1, 7, 1_000]) {
      const { outcome, progress } = explore(model, [], slice);
      expect({ outcome, states: progress.states, levels: progress.levels, transitions: progress.transitions })
        .toEqual({ outcome: whole.outcome, states: whole.progress.states, levels: whole.progress.levels, transitions: whole.progress.transitions });
    }
  }, 5 * MINUTES);

  test("are given up beyond the bound on states, and say so", () => {
    const { model } = catalogue().find(({ name }) => name === "failover")!;
    const { outcome, progress } = explore(model, [], 4_096, 1_000);
    expect(outcome).toEqual({ kind: "incomplete", why: "the bound of 1000 states was reached" });
    expect(progress.states).toBeLessThan(1_500);
  });
});

describe("rules switched off", () => {
  test("break their invariant in the recorded number of steps", () => {
    let [kills, states, milliseconds] = [0, 0, 0];
    for (const { name, kill } of rules()) {
      if (kill === null) continue;
      const ended = explore(kill.model, kill.beginning);
      kills += 1;
      states += ended.progress.states;
      milliseconds += ended.milliseconds;
      expect(ended.outcome, name).toMatchObject({ kind: "violated", invariant: kill.invariant, steps: kill.steps });
    }
    expect(kills).toBeGreaterThan(50);
    console.log(`${kills} kills, ${states} states, ${Math.round(states / (milliseconds / 1000))} states/s`);
  }, 15 * MINUTES);
});
