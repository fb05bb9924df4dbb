/** The names of a cluster that was drawn stand beside every session of it, and beside no other. */
import { readdirSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { rules } from "../src/api/core";
import { plan, planModel } from "../src/api/plan";
import type { Plan } from "../src/designer/plan";
import { park, reopen } from "../src/panels/sessions";
import { drawnAs, drawnName, keepNames, readNames } from "../src/state/drawn";
import { sandbox, start } from "../src/state/start";
import { about, open, restore, standing } from "../src/state/store";
import { withEnds } from "../src/stage/glyphs";
import { ready, root, text } from "./core";

beforeAll(ready);

const FILE = "cluster.toml";
const names = (): (string | null)[] => about.value!.nodes.map(({ index }) => drawnName(index));

/** Opens a cluster as the designer does. */
function explore(toml: string): Plan {
  const drawn = plan(FILE, toml).plan as unknown as Plan;
  const model = planModel(FILE, toml);
  park();
  keepNames(model, drawn.nodes.map(({ name }) => name));
  open(sandbox(model));
  return drawn;
}

describe("the names of a cluster that was drawn", () => {
  const three = text("clusters/three-postgres.toml");
  const drawn = ["pg-a", "pg-b", "pg-c"];

  it.each(readdirSync(new URL("clusters/", root)))("%s: the nodes of the model are those of the plan, in the same order", (file) => {
    const toml = text(`clusters/${file}`);
    if (plan(FILE, toml).plan === null) return expect(() => planModel(FILE, toml)).toThrow(FILE);
    const { nodes } = explore(toml);
    expect(names()).toEqual(nodes.map(({ name }) => name));
    expect(about.value!.nodes).toMatchObject(nodes.map(({ data, vote }) => ({ data, votes: vote })));
  });

  it("stay with other rules and after a return, and go with another model", () => {
    open(start());
    explore(three);
    expect(names()).toEqual(drawn);
    expect(drawnAs(2)).toBe("n2 is pg-c of the designer");
    reopen({ ...about.value!.model, without: [rules()[0]!.name] });
    expect(names()).toEqual(drawn);
    const own = standing()!;
    open(start());
    expect(names()).toEqual([null, null, null]);
    expect(drawnAs(2)).toBeUndefined();
    restore(own);
    expect(names()).toEqual(drawn);
  });

  it("of another cluster take their place", () => {
    explore(three.replaceAll("pg-", "n"));
    expect(names()).toEqual(["na", "nb", "nc"]);
    explore(three.replace('name = "three', 'name = "other three').replace('"pg-a"', '"n0"'));
    expect(names()).toEqual([null, "pg-b", "pg-c"]);
  });
});

describe("names that were kept", () => {
  it("are read if they are names", () => {
    expect(readNames('{"of":"x","names":["a","b"]}')).toEqual({ of: "x", names: ["a", "b"] });
    const long = JSON.stringify({ of: "x", names: ["a".repeat(25)] });
    for (const broken of [null, "", "null", "3", "{", '{"of":1,"names":[]}', '{"of":"x"}', '{"of":"x","names":[1]}', long]) expect(readNames(broken)).toBeNull();
  });

  it("keep both ends where they have no place", () => {
    expect(withEnds("database-node-number-0", 22)).toBe("database-node-number-0");
    expect(withEnds("database-node-number-0", 16)).toBe("databas…number-0");
    expect(withEnds("database-node-number-0", 15).length).toBe(15);
  });
});
