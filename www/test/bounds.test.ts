/** The bounds that a check has at first: wide enough for what is known to break. */
import { beforeAll, expect, test } from "vitest";
import { catalogue } from "../src/api/core";
import type { Model, Scope, SearchOutcome } from "../src/api/types";
import { bundled, isWide, small, usual } from "../src/panels/bounds";
import { Search } from "../src/pkg/check";
import { sandbox, startLeased } from "../src/state/start";
import { ready } from "./core";

const CAP = 2_000_000;

function explore(model: Model, scope: Scope): SearchOutcome {
  const search = Search.start(JSON.stringify({ ...model, scope }), "[]", CAP);
  while (!search.advance(4_096));
  const outcome = JSON.parse(search.outcome()) as SearchOutcome;
  search.free();
  return outcome;
}

beforeAll(ready);

test("a model that is known to break is broken in the bounds that are proposed for its wide form", () => {
  const broken = catalogue().filter(({ broken, model }) => broken !== null && usual(bundled(model), CAP)?.broken);
  expect(broken.map(({ name }) => name)).toContain("lease-unchecked");
  for (const { name, model, broken: known } of broken) {
    const wide = sandbox(model);
    expect(isWide(wide.scope), name).toBe(true);
    const best = usual(bundled(wide), CAP)!;
    const outcome = explore(wide, best.model.scope);
    expect(outcome.kind === "violated" && outcome.invariant, name).toBe(known!.invariant);
  }
}, 120_000);

test("small bounds let a failover happen, whatever the model", () => {
  for (const model of [startLeased(), ...catalogue().map(({ model }) => sandbox(model))]) {
    const scope = small(model);
    expect(scope.epochs, model.name).toBe(2);
    expect(scope.beats ?? false, model.name).toBe(Array.isArray(scope.rates));
    expect(isWide(scope), model.name).toBe(false);
  }
});
