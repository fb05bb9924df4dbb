/** Models as they are played with: what can be done in them, and what the menu says of the rest. */
import { beforeAll, describe, expect, test } from "vitest";
import { catalogue, Session } from "../src/api/core";
import type { ChoiceKind, Model, MomentId } from "../src/api/types";
import { nodeActions, passTime, reads } from "../src/stage/actions";
import { setRate } from "../src/stage/state";
import { sandbox, start, startLeased } from "../src/state/start";
import { arrive, moment, open, session, view } from "../src/state/store";
import { ready } from "./core";

beforeAll(ready);

const bundled = (name: string): Model => catalogue().find((entry) => entry.name === name)!.model;

/** As many steps until a primary serves. */
function serve(of: Session, from: MomentId = 0): { at: MomentId; steps: number } {
  let at = from;
  for (let steps = 1; steps < 200; steps++) {
    at = of.auto(at, steps - 1) ?? at;
    if (of.event(at)?.lanes.some(({ serving }) => serving)) return { at, steps };
  }
  throw new Error(`nobody serves in ${of.about.model.name}`);
}

/** A walk on which faults are as likely as anything else. */
function wander(of: Session, from: MomentId, steps: number, first = 7): Set<ChoiceKind> {
  const seen = new Set<ChoiceKind>();
  let [at, seed] = [from, first];
  for (let step = 0; step < steps; step++) {
    const all = of.choices(at).filter(({ effective }) => effective);
    const kinds = [...new Set(all.map(({ kind }) => kind))];
    if (kinds.length === 0) break;
    seed = (seed * 48271) % 2147483647;
    const kind = kinds[seed % kinds.length]!;
    const some = all.filter((one) => one.kind === kind);
    seen.add(kind);
    at = of.choose(at, some[Math.floor(seed / 16) % some.length]!.index);
    expect(of.view(at).broken, of.names(at).join("; ")).toBeNull();
  }
  return seen;
}

describe("a model in wide bounds", () => {
  test("is one that the core accepts, for every bundled model", () => {
    for (const { name, model } of catalogue()) {
      const opened = Session.open(sandbox(model));
      const { scope } = opened.about.model;
      const { lease, leases, external } = { lease: null, leases: [], external: false, ...model.node } as { lease: unknown; leases: unknown[]; external: boolean };
      expect((scope.flush_failures ?? 0) > 0, name).toBe(model.scope.driver !== "blocking");
      expect((scope.suspends ?? 0) > 0, name).toBe(Array.isArray(model.scope.rates));
      expect((scope.doubts ?? 0) > 0, name).toBe(lease !== null || leases.length > 0);
      if (external) expect(scope.reads ?? 0, name).toBe(0);
      opened.close();
    }
  });

  test("of many machines is accepted, and does not list every way in which one is suspended", () => {
    const model = { ...bundled("lease-fence"), nodes: 7 };
    expect(Session.open(sandbox(model)).about.model.scope.suspends ?? 0).toBe(0);
  });

  test.each(["lease-fence", "failover-lease-write", "failover", "commit-in-flight", "engine-in-flight"])("of %s holds whatever is done", (name) => {
    const opened = Session.open(sandbox(bundled(name)));
    wander(opened, name.startsWith("engine") ? 0 : serve(opened).at, 250);
    opened.close();
  }, 60_000);
});

describe("the first visit", () => {
  test("is three nodes with a log, soon served, from which clients read", () => {
    const opened = Session.open(start());
    expect(opened.about.model.name).toBe("three nodes");
    const { at, steps } = serve(opened);
    expect(steps).toBeLessThanOrEqual(10);
    expect(opened.choices(at).some(({ kind, effective }) => kind === "read-by-quorum" && effective)).toBe(true);
  });
});

describe("three nodes with a lease and a fenced resource", () => {
  test("soon has a primary, and offers every fault", () => {
    const opened = Session.open(startLeased());
    const { at, steps } = serve(opened);
    expect(steps).toBeLessThanOrEqual(20);
    const seen = new Set([1, 2, 3, 4, 5].flatMap((seed) => [...wander(opened, at, 150, seed * 7919)]));
    for (const kind of ["crash", "restart", "pause", "resume", "fail-flush", "partition", "heal", "pass", "write", "land", "read-by-lease", "read-by-quorum", "doubt"] as const) {
      expect([...seen], kind).toContain(kind);
    }
  }, 60_000);

  test("a machine is suspended, a clock is faster, a lease ends", () => {
    open(startLeased());
    const { at } = serve(session.value!);
    arrive(at);
    const primary = view.value!.nodes.findIndex(({ serving }) => serving);
    const other = (primary + 1) % 3;
    const pick = (node: number, id: string) => nodeActions(view.value!.nodes[node]!).find((one) => one.id === id)!;
    expect(reads(view.value!.nodes[primary]!).map(({ id, why }) => [id, why === null])).toEqual([["lease-read", true], ["quorum-read", true], ["token-read", false]]);
    expect(reads(view.value!.nodes[primary]!).find(({ id }) => id === "token-read")!.why).toContain("no log");
    pick(other, "rate-fast").run();
    passTime().run();
    expect(view.value!.nodes[other]!.clock).toBe(view.value!.nodes[primary]!.clock + 1);
    expect(view.value!.nodes[primary]!.lease).toEqual({ left: 1, of: 2 });
    const before = view.value!.nodes.map(({ clock }) => clock);
    pick(primary, "rate-stopped").run();
    passTime().run();
    expect(view.value!.nodes[primary]!.clock).toBe(before[primary]);
    expect(view.value!.nodes[other]!.clock).toBeGreaterThan(before[other]!);
    expect(view.value!.nodes[primary]!.serving).toBe(false);
    setRate(primary, "slow");
  });

  test("a disk fails, and its machine halts", () => {
    open(startLeased());
    const opened = session.value!;
    let at = 0;
    while (!opened.choices(at).some(({ kind }) => kind === "fail-flush")) at = opened.auto(at, 0)!;
    arrive(at);
    const node = opened.choices(at).find(({ kind }) => kind === "fail-flush")!.node!;
    nodeActions(view.value!.nodes[node]!).find(({ id }) => id === "fail-flush")!.run();
    expect(moment.value).not.toBe(at);
    expect(view.value!.nodes[node]!.role).toBe("halted");
  });
});

describe("the menu of a machine", () => {
  /** Why what a model never offers is not possible, by what it is. */
  const never = (model: Model): Record<string, string | null> => {
    open(model);
    const list = nodeActions(view.value!.nodes[0]!);
    const gone = list.filter((one) => one.never);
    expect(list.slice(-gone.length), "they come last").toEqual(gone);
    for (const { why } of gone) expect(why).toMatch(/^[a-z].{10,}[^.]$/);
    expect(new Set(gone.map(({ why }) => why)).size, "one for each reason").toBe(gone.length);
    return Object.fromEntries(gone.flatMap(({ id, why }) => id.split(" ").map((one) => [one, why])));
  };

  test("says what the model never offers, and why", () => {
    const first = never(start());
    expect(first).toMatchObject({
      "fail-flush": expect.stringContaining("on disk at once"), "lease-read": "there are no leases in this model",
      suspend: expect.stringContaining("no time passes"), skew: expect.stringContaining("no time passes"),
      doubt: "there are no leases in this model",
    });
    expect(first).not.toHaveProperty("write");
    expect(never(sandbox(bundled("engine")))).toMatchObject({ read: "its database answers the reads", compact: "its database keeps the log" });
    expect(never(sandbox(bundled("election")))).toMatchObject({ read: expect.stringContaining("no log"), write: expect.stringContaining("bounds") });
    expect(never(bundled("lease"))).toMatchObject({ suspend: expect.stringContaining("bounds"), read: expect.stringContaining("bounds") });
    const all = never(startLeased());
    for (const id of ["fail-flush", "suspend", "skew", "doubt", "lease-read", "read", "write"]) expect(all).not.toHaveProperty(id);
  });
});
