/** Every scenario is replayed by the core at hand, and its cards speak of steps that there are. */
import { readdirSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { Session } from "../src/api/core";
import { ready } from "./core";
import type { Entry, Scenario } from "../src/learn/scenarios";
import { WORDS } from "../src/learn/words";

const FOLDER = new URL("../scenarios/", import.meta.url);
const read = <T>(name: string): T => JSON.parse(readFileSync(new URL(name, FOLDER), "utf8")) as T;
const list = read<Entry[]>("index.json");

beforeAll(ready);

test("the list names every file, and there are at least 21", () => {
  const files = readdirSync(FOLDER).filter((name) => name !== "index.json");
  expect(list.map(({ id }) => `${id}.json`).sort()).toEqual(files.sort());
  expect(list.length).toBeGreaterThanOrEqual(21);
});

describe.each(list)("$id", ({ id, title, about, group, violated }) => {
  const scenario = read<Scenario>(`${id}.json`);

  test("is as the list says", () => {
    expect({ id, title, about, group }).toEqual({ id: scenario.id, title: scenario.title, about: scenario.about, group: scenario.group });
  });

  test("is replayed, and ends as it should", () => {
    const session = Session.read(JSON.stringify(scenario.run));
    const end = session.view(session.size - 1);
    expect(end.depth).toBe((scenario.run as { choices: unknown[] }).choices.length);
    expect(end.broken !== null).toBe(violated);
    session.close();
  });

  test("has cards in order, for steps that there are, in both languages", () => {
    const steps = scenario.cards.map(({ step }) => step);
    const { choices, model } = scenario.run as { choices: unknown[]; model: { nodes: number } };
    expect(steps.length).toBeGreaterThan(0);
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
    expect(steps.at(-1)).toBeLessThanOrEqual(choices.length);
    for (const { text, look } of scenario.cards) {
      expect(text.en.length).toBeGreaterThan(10);
      expect(text.bg).toMatch(/[а-я]/);
      if (look?.kind === "node") expect(look.node).toBeLessThan(model.nodes);
    }
  });
});

test("every word that names a scenario names one that there is", () => {
  const known = new Set(list.map(({ id }) => id));
  expect(WORDS.filter(({ scenario }) => scenario !== undefined && !known.has(scenario))).toEqual([]);
});
