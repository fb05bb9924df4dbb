import { describe, expect, it, vi } from "vitest";
import type { LinkRun, Model } from "../src/api/types";
import type { Known } from "../src/share/link";

// Packing needs nothing of the core but the models it knows, and those are given here.
vi.mock("../src/api/core", () => ({ catalogue: () => [] }));
const { hasLink, readLink, writeLink } = await import("../src/share/link");
const { text } = await import("../src/share/text");

const model: Model = {
  name: "failover",
  cluster: { nodes: [{ name: "a" }, { name: "b" }, { name: "c" }], quorum: "majority" },
  nodes: 3,
  node: { lease: 40 },
  scope: { epochs: 3, crashes: 1, writes: 2, network: "any" },
};
const wide: Model = { ...model, scope: { ...model.scope, epochs: 40, crashes: 30, network: "counted" } };
const models: Known = new Map([["=failover", model], ["~failover", wide]]);
const known = () => models;

const run = (change: Partial<LinkRun> = {}): LinkRun => ({
  version: "0.1.0", model, hash: "0123456789abcdef", choices: [0, 3, 127, 128, 300, 16_383, 16_384], end: "fedcba9876543210", note: "", ...change,
});

/** The same numbers at every run. */
function choices(count: number, below: number): number[] {
  let seed = 7;
  return Array.from({ length: count }, () => (seed = (seed * 48_271) % 2_147_483_647) % below);
}

async function there(given: LinkRun, at: number | null = null) {
  const link = await writeLink({ run: given, at }, models);
  return { link, back: await readLink(link, known) };
}

async function refused(hash: string): Promise<string> {
  try {
    await readLink(hash, known);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("was taken");
}

async function packed(content: string): Promise<string> {
  const stream = new Blob([content]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  return `#v1.${Buffer.from(await new Response(stream).arrayBuffer()).toString("base64url")}`;
}

describe("a link", () => {
  it("says the run that was put into it", async () => {
    for (const given of [run(), run({ choices: [] }), run({ note: "Виж стъпка 3 <b>" }), run({ choices: [0xffff_ffff] })]) {
      expect((await there(given)).back).toEqual({ run: given, at: null });
    }
    expect((await there(run(), 0)).back.at).toBe(0);
  });

  it("stays short: a thousand steps", async () => {
    for (const [below, most] of [[8, 760], [40, 1_150]] as const) {
      const given = run({ choices: choices(1_000, below), model: wide });
      const { link, back } = await there(given);
      expect(back.run).toEqual(given);
      expect(link.length).toBeLessThan(most);
    }
  });

  it("names a model that is known, with what differs", async () => {
    const [{ link: bare }, off] = [await there(run()), run({ model: { ...wide, without: ["fence-first"], name: "mine" } })];
    expect(bare.length).toBeLessThan(160);
    expect((await there(off)).back.run.model).toEqual(off.model);
    const { crashes, ...scope } = model.scope;
    expect(crashes).toBe(1);
    const fewer = run({ model: { ...model, scope } });
    expect((await there(fewer)).back.run.model).toEqual(fewer.model);
  });

  it("carries a model that is not known", async () => {
    const other = run({ model: { ...model, nodes: 4 } });
    expect((await there(other)).back.run).toEqual(other);
  });

  it("is told from no link", () => {
    expect(["", "#"].map(hasLink)).toEqual([false, false]);
    expect(hasLink("#v1.x")).toBe(true);
    // Rooms have addresses as well.
    expect(["#play", "#learn", "#designer"].map(hasLink)).toEqual([false, false, false]);
    expect(["#design", "#Learn", "#plays"].map(hasLink)).toEqual([true, true, true]);
  });

  it("that was cut short anywhere is refused by a sentence", async () => {
    const { link } = await there(run({ choices: choices(200, 40) }));
    for (let length = 4; length < link.length; length++) {
      expect(await refused(link.slice(0, length)), `${length} of ${link.length}`).toBe(text("linkBroken"));
    }
  });

  it("that was changed on its way never does harm", async () => {
    const { link } = await there(run({ choices: choices(60, 40) }));
    for (let at = 4; at < link.length; at++) {
      const other = link.slice(0, at) + (link[at] === "A" ? "B" : "A") + link.slice(at + 1);
      const outcome = await readLink(other, known).then((read) => Array.isArray(read.run.choices), (error: Error) => error.message.length > 0);
      expect(outcome).toBe(true);
    }
  });

  it("of a newer format, of another page, or of no sense is refused by its own sentence", async () => {
    expect(await refused("#v2.abc")).toBe(text("linkNewer", { version: 2 }));
    for (const foreign of ["#intro", "#v1", "#v1x.abc", "#/a/b", "#v.1"]) expect(await refused(foreign)).toBe(text("linkForeign"));
    expect(await refused("#v1.%%%")).toBe(text("linkBroken"));
    for (const [content, key] of [
      ["", "linkBroken"], ["{}", "linkBroken"], ["{}\0", "linkForeign"], ["[1]\0", "linkForeign"], ["null\0", "linkForeign"],
      ['{"v":1,"m":"=failover","h":"","e":""}\0', "linkForeign"], ['{"v":"1","m":{},"h":"","e":""}\0', "linkForeign"],
      ['{"v":"1","m":"=failover","h":"","e":"","a":0.5}\0', "linkForeign"], ["no json\0", "linkBroken"],
      ['{"v":"1","m":"=failover","h":"","e":""}\0\u00ff', "linkBroken"],
    ] as const) {
      expect(await refused(await packed(content)), content).toBe(text(key));
    }
    expect(await refused(await packed('{"v":"1","m":"=gone","h":"","e":""}\0'))).toBe(text("linkModel", { name: "gone" }));
  });

  it("that unpacks to more than any run is refused before it fills the memory", async () => {
    const bomb = await packed("a".repeat(50_000_000));
    expect(bomb.length).toBeLessThan(200_000);
    expect(await refused(bomb)).toBe(text("linkLong"));
    expect(await refused(`#v1.${"A".repeat(300_000)}`)).toBe(text("linkLong"));
  });
});
