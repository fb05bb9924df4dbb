/** The cluster file of the designer: what is read is what is written, and the same is drawn from both. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { added, read, removed, withNode, write, zonesOf, type Design } from "../src/designer/design";
import { availability, rest, sections, type Family, type Plan } from "../src/designer/plan";
import { parse } from "../src/designer/toml";

const FOLDER = new URL("../../clusters/", import.meta.url);
const files = readdirSync(FOLDER).filter((name) => name.endsWith(".toml"));
const textOf = (name: string): string => readFileSync(new URL(name, FOLDER), "utf8");

describe("the bundled cluster files", () => {
  it("are there", () => expect(files.length).toBeGreaterThanOrEqual(7));

  it.each(files)("%s is drawn alike from what is written of it", (name) => {
    const drawn = read(textOf(name));
    expect(drawn.nodes.length).toBeGreaterThan(1);
    expect(read(write(drawn))).toEqual(drawn);
    expect(write(read(write(drawn)))).toBe(write(drawn));
  });

  it("five-across-zones has its zones in order", () => {
    expect(zonesOf(read(textOf("five-across-zones.toml")))).toEqual(["north", "south", "west"]);
  });
});

describe("TOML", () => {
  it("reads every kind of value, dotted keys, comments and nested tables", () => {
    const text = `# a\na.b = 'x\\y' # c\nn = 1_000\nd = [1, [2], {k = "v"},]\n[t."q r"]\nyes = true\n[[t.list]]\nv = "\\u0041\\n"\n[[t.list]]\n`;
    expect(parse(text)).toEqual({ a: { b: "x\\y" }, n: 1000, d: [1, [2], { k: "v" }], t: { "q r": { yes: true }, list: [{ v: "A\n" }, {}] } });
  });

  it.each<[string, unknown]>([
    ["0x1_0", 16], ["0xfF", 255], ["0o17", 15], ["0b1_01", 5], ["+1_0", 10], ["-0", -0], ["1e3", 1000],
    ['"""x"""', "x"], ['"""\nx\\\n   y"""', "xy"], ['"""a""b\\""""', 'a""b"'], ['"""a"""""', 'a""'], ['""""""', ""], ['"\\x41\\\\"', "A\\"],
    ["'''x'''", "x"], ["'''\r\n\\x'y'''", "\\x'y"], ["'''a''''", "a'"], ["''''''", ""],
  ])("reads %s", (written, value) => expect(parse(`\ufeffa = ${written} # c\nb = 1`)).toEqual({ a: value, b: 1 }));

  it("takes a key called __proto__ for a key", () => {
    const root = parse('__proto__ = "x"\n[constructor]\nprototype = 1\n');
    expect(Object.keys(root)).toEqual(["__proto__", "constructor"]);
    expect(({} as Record<string, unknown>)["prototype"]).toBeUndefined();
  });

  it.each(["a = ", "a 1", "[a", "a = {b = 1", 'a = "x', "a = 1 b = 2", "a = 1\n[a]\nb = 1", "a = 0x", "a = 0o8", 'a = """x"', "a = '''x", '"""a""" = 1'])("says what is wrong with %j", (text) => {
    expect(() => parse(text)).toThrow(/expected|not a table/);
  });
});

describe("changes by hand", () => {
  const three = (): Design => read(textOf("three-postgres.toml"));

  it("a renamed node keeps its place in the conditions", () => {
    const only: Design = { ...three(), acks: { kind: "any", any: 1, of: ["pg-b"] }, votes: { kind: "weights", weights: [["pg-a", 2], ["pg-b", 1], ["pg-c", 1]], need: 3 } };
    const renamed = withNode(only, 1, { name: "x" });
    expect(renamed.acks).toEqual({ kind: "any", any: 1, of: ["x"] });
    expect(renamed.votes).toEqual({ kind: "weights", weights: [["pg-a", 2], ["x", 1], ["pg-c", 1]], need: 3 });
  });

  it("weights follow who votes", () => {
    const weighed: Design = { ...three(), votes: { kind: "weights", weights: [["pg-a", 2], ["pg-b", 1], ["pg-c", 1]], need: null } };
    expect(withNode(weighed, 2, { vote: false }).votes).toMatchObject({ weights: [["pg-a", 2], ["pg-b", 1]] });
    expect(added(weighed, "north", true).votes).toMatchObject({ weights: [["pg-a", 2], ["pg-b", 1], ["pg-c", 1], ["north-1", 1]] });
    expect(removed(weighed, 0).votes).toMatchObject({ weights: [["pg-b", 1], ["pg-c", 1]] });
  });

  it("a new node takes no name that is taken", () => {
    const twice = added(added(three(), "north", true), "north", true);
    expect(twice.nodes.slice(3).map((node) => node.name)).toEqual(["north-1", "north-2"]);
  });
});

// ---- what follows from a plan ---------------------------------------------------------------------------

const family = (sets: string[][], whole = true): Family => ({ count: sets.length, sets, searched: 3, complete: whole });
const pairs = [["a", "b"], ["a", "c"], ["b", "c"]];

/** A majority of three; any one of them acknowledges, so all must be heard. */
function plan(acks: string[][], recovery: string[][], whole = true): Plan {
  const node = (name: string) => ({ name, zone: null, data: true, vote: true, candidate: true, learner: false, priority: 0, lost: "failover" as const });
  return { nodes: ["a", "b", "c"].map(node), votes: { words: "", sets: family(pairs, whole) }, acks: { words: "", sets: family(acks), recovery: family(recovery) } } as unknown as Plan;
}

describe("what is left of a plan", () => {
  it("goes on, needs the primary, stops", () => {
    const strong = plan(pairs, pairs);
    expect(rest(strong, new Set(["a"]))).toMatchObject({ failover: true, goingOn: true, kept: true });
    expect(rest(strong, new Set(["a", "b"]))).toMatchObject({ failover: false, goingOn: false, kept: false });
    const weak = plan([["a"], ["b"], ["c"]], [["a", "b", "c"]]);
    expect(rest(weak, new Set(["a"]))).toMatchObject({ failover: false, goingOn: true, kept: false });
  });

  it("claims nothing where sets are missing", () => {
    expect(rest(plan(pairs, pairs, false), new Set(["a", "b"]))).toMatchObject({ votes: undefined, failover: false, kept: false });
    expect(rest(plan([["a"], ["b"], ["c"]], [["a"], ["b"], ["c"]], false), new Set(["a", "b"]))).toMatchObject({ goingOn: null, failover: null });
    expect(availability(plan(pairs, pairs, false), [0.9, 0.9, 0.9])).toBeNull();
  });

  it("sums the chances of three independent nodes", () => {
    const p = 0.9;
    const majority = p ** 3 + 3 * p ** 2 * (1 - p);
    const got = availability(plan(pairs, pairs), [p, p, p])!;
    expect(got.failover).toBeCloseTo(majority, 12);
    const weak = availability(plan([["a"], ["b"], ["c"]], [["a", "b", "c"]]), [p, p, p])!;
    expect(weak.failover).toBeCloseTo(p ** 3, 12);
    expect(weak.goingOn).toBeCloseTo(majority, 12);
  });

  it("takes the printed plan apart by its titles", () => {
    const found = sections("x: valid\n\nnodes     a  keeps data\n\nRPO       0: a failover\n          loses nothing\n\nfencing   none\n");
    expect(found.get("RPO")).toBe("0: a failover loses nothing");
    expect(found.get("fencing")).toBe("none");
  });
});
