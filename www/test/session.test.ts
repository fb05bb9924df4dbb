/** A session: what happens, which message is which, what happens by itself, what is written down and read again. */
import { beforeAll, describe, expect, test } from "vitest";
import { Session, catalogue, rules, version } from "../src/api/core";
import type { Model, MomentId, Scope } from "../src/api/types";
import { sandbox, start } from "../src/state/start";
import { Search } from "../src/pkg/check";
import { ready } from "./core";

beforeAll(ready);

const bundled = (name: string): Model => catalogue().find((entry) => entry.name === name)!.model;
const scoped = (model: Model, scope: Partial<Scope>): Model => ({ ...model, scope: { ...model.scope, ...scope } });

/** Lets happen what happens by itself until `done`, or nothing does. */
function until(session: Session, from: MomentId, done: (id: MomentId) => boolean, most = 400): MomentId {
  let at = from;
  for (let step = 0; step < most && !done(at); step += 1) {
    const next = session.auto(at, 0);
    if (next === null) break;
    at = next;
  }
  return at;
}

const serving = (session: Session) => (id: MomentId): boolean => session.view(id).nodes.some((node) => node.serving);
const index = (session: Session, at: MomentId, like: (name: string) => boolean): number =>
  session.choices(at).find((choice) => choice.effective && like(choice.name))!.index;

describe("by itself", () => {
  test.each(["counted", "any"] as const)("a primary is elected on a network %s, and serves", (network) => {
    const session = Session.open(scoped(bundled("failover"), { network }));
    const at = until(session, 0, serving(session));
    expect(serving(session)(at)).toBe(true);
  });

  test("the first visit sees a primary, its crash, and another primary", () => {
    const session = Session.open(start());
    const first = until(session, 0, serving(session));
    const old = session.view(first).nodes.findIndex((node) => node.serving);
    const down = session.choose(first, index(session, first, (name) => name.startsWith(`n${old} crashes`)));
    const second = until(session, down, serving(session));
    const after = session.view(second);
    expect(after.nodes.findIndex((node) => node.serving)).not.toBe(old);
    expect(after.nodes[old]!.role).toBe("down");
    expect(after.depth).toBeLessThan(120);
    expect(after.broken).toBeNull();
  });

  test("two primaries never fight: nobody else stands while one serves", () => {
    const session = Session.open(start());
    const at = until(session, 0, () => false, 300);
    const view = session.view(at);
    expect(view.nodes.filter((node) => node.role === "primary").length).toBe(1);
    expect(Math.max(...view.nodes.map((node) => node.epoch.term))).toBe(1);
  });

  test("a primary that is cut off is replaced by the other side", () => {
    const session = Session.open(start());
    const first = until(session, 0, serving(session));
    const old = session.view(first).nodes.findIndex((node) => node.serving);
    const cut = session.choose(first, index(session, first, (name) => name.startsWith("partition") && name.includes("|")
      && (name.includes(`{n${old}}`) || !name.includes(`n${old}`))));
    const at = until(session, cut, (id) => session.view(id).nodes.some((node, one) => node.serving && one !== old));
    expect(session.view(at).nodes.some((node, one) => node.serving && one !== old)).toBe(true);
  });

  test("a quorum that is down is not made up for", () => {
    const session = Session.open(start());
    let at = until(session, 0, serving(session));
    for (const node of [0, 1]) at = session.choose(at, index(session, at, (name) => name.startsWith(`n${node} crashes`)));
    at = until(session, at, () => false, 100);
    expect(session.view(at).nodes.some((node) => node.serving)).toBe(false);
    expect(session.auto(at, 0)).toBeNull();
  });

  test("the same seed gives the same, another may give another", () => {
    const run = (seed: number): string[] => {
      const session = Session.open(start());
      let at = 0;
      for (let step = 0; step < 40; step += 1) at = session.auto(at, seed) ?? at;
      return session.names(at);
    };
    expect(run(7)).toEqual(run(7));
    expect(new Set([0, 1, 2, 3, 4].map((seed) => run(seed).join())).size).toBeGreaterThan(1);
  });
});

describe("the tree", () => {
  test("the same choice leads to the same moment, another to another; a path leads back", () => {
    const session = Session.open(start());
    const [a, b] = [session.choose(0, index(session, 0, (name) => name === "n0 timer")), session.chooseNamed(0, "n1 timer")];
    expect(session.chooseNamed(0, "n0 timer")).toBe(a);
    expect(session.path(b)).toEqual([0, b]);
    expect(session.event(a)).toMatchObject({ id: a, parent: 0, name: "n0 timer", kind: "tick", place: { kind: "at", node: 0 } });
    expect(session.event(0)).toBeNull();
    expect(session.size).toBe(3);
  });

  test("what is refused says what, where and what to do, and changes nothing", () => {
    const session = Session.open(start());
    expect(() => session.view(5)).toThrow("moment: there is no 5, the newest is 0");
    expect(() => session.choose(0, 999)).toThrow("choice: at moment 0 there are ");
    expect(() => session.chooseNamed(0, "n0 tamer")).toThrow("\"n0 tamer\" is not possible at moment 0; possible is \"n0 ");
    expect(() => session.view(-1)).toThrow("moment: -1 is no whole number");
    expect(() => session.view(NaN)).toThrow("moment: NaN is no whole number");
    expect(session.size).toBe(1);
  });

  test("nothing happens after a violation", () => {
    const { kill } = rules().find(({ name }) => name === "votes-from-quorum")!;
    const session = Session.open(kill!.model);
    const search = Search.start(JSON.stringify(kill!.model), "[]", 10_000);
    while (!search.advance(100));
    const outcome = JSON.parse(search.outcome()) as { choices: string[]; invariant: string };
    const { moment, stopped } = session.walk(0, [...outcome.choices, "n0 timer"]);
    expect(session.view(moment).broken?.invariant).toBe(kill!.invariant);
    expect(session.view(moment).invariants.find(({ name }) => name === kill!.invariant)).toMatchObject({ holds: false, why: expect.any(String) });
    expect(session.choices(moment)).toEqual([]);
    expect(session.auto(moment, 0)).toBeNull();
    expect(stopped).toContain("nothing happens after a violation");
    expect(session.explain(moment).sentences.at(-1)).toContain(`violates ${kill!.invariant}`);
  });
});

describe("messages", () => {
  test("keep their number while they travel, and know when they were sent and how often they arrived", () => {
    const session = Session.open(start());
    const stood = session.chooseNamed(0, "n0 timer");
    const sent = session.event(stood)!.sent;
    expect(sent.map(({ to, kind }) => [to, kind])).toEqual([[1, "vote"], [2, "vote"]]);
    expect(session.view(stood).letters.map(({ id }) => id)).toEqual(sent.map(({ id }) => id));
    const [one, other] = session.view(stood).letters;
    const arrived = session.chooseNamed(stood, one!.name);
    expect(session.event(arrived)!.letter).toEqual({ id: one!.id, sent: stood, kind: "vote", answer: false });
    const after = session.view(arrived).letters;
    expect(after.find(({ id }) => id === other!.id)).toEqual(other);
    expect(after.find(({ id }) => id === one!.id)).toBeUndefined();
    expect(after.find(({ kind }) => kind === "granted")).toMatchObject({ sent: arrived, answer: true, delivered: 0, copies: 1 });
  });

  test("that are doubled have two copies of one number", () => {
    const session = Session.open(start());
    const stood = session.chooseNamed(0, "n0 timer");
    const { id, name } = session.view(stood).letters[0]!;
    const doubled = session.chooseNamed(stood, `doubled: ${name}`);
    expect(session.view(doubled).letters[0]).toMatchObject({ id, copies: 2 });
    const lost = session.chooseNamed(doubled, `lost: ${name}`);
    expect(session.view(lost).letters[0]).toMatchObject({ id, copies: 1 });
    expect(session.event(lost)).toMatchObject({ place: { kind: "lost", from: 0, to: 1 }, letter: { id } });
  });

  test("stay and arrive again on a network any", () => {
    const session = Session.open(scoped(start(), { network: "any", drops: 0, duplicates: 0 }));
    const stood = session.chooseNamed(0, "n0 timer");
    const { id, name } = session.view(stood).letters[0]!;
    const once = session.chooseNamed(stood, name);
    expect(session.view(once).letters.find((letter) => letter.id === id)).toMatchObject({ delivered: 1, name });
  });

  test("are the same while time passes", () => {
    const session = Session.open(sandbox(bundled("lease")));
    const at = until(session, 0, (id) => session.view(id).letters.some(({ kind }) => kind === "beat"));
    const beats = session.view(at).letters;
    const even = session.choices(at).find(({ ticks }) => ticks !== null && ticks.every((tick) => tick > 0))!;
    const later = session.view(session.choose(at, even.index));
    expect(later.time).toBe(session.view(at).time + 1);
    expect(later.letters.map(({ id, sent }) => [id, sent])).toEqual(beats.map(({ id, sent }) => [id, sent]));
    expect(later.letters.map(({ name }) => name)).not.toEqual(beats.map(({ name }) => name));
    expect(later.nodes.map(({ clock }) => clock)).toEqual(even.ticks);
  });

  test("are held back by a partition, a pause or a machine that is down", () => {
    const session = Session.open(start());
    const stood = session.chooseNamed(0, "n0 timer");
    const held = (name: string): boolean => session.view(session.chooseNamed(stood, name)).letters.find(({ to }) => to === 1)!.held;
    expect(session.view(stood).letters.some((letter) => letter.held)).toBe(false);
    expect(["partition {n0} -> rest", "n1 pauses", "n1 crashes"].map(held)).toEqual([true, true, true]);
    expect(["partition {n1} -> rest", "n2 pauses", "n2 crashes"].map(held)).toEqual([false, false, false]);
  });
});

describe("runs", () => {
  const long = (steps: number): { session: Session; at: MomentId } => {
    const session = Session.open(start());
    let at = 0;
    for (let step = 0; step < steps; step += 1) at = session.auto(at, 3)!;
    return { session, at };
  };

  test("of 1,000 steps go through a link, and none is lost", () => {
    const { session, at } = long(1_000);
    const link = session.link(at, "a note");
    expect(link).toMatchObject({ version: version(), hash: session.about.hash, note: "a note", end: expect.stringMatching(/^[0-9a-f]{16}$/) });
    expect(link.choices.length).toBe(1_000);
    const begun = performance.now();
    const { session: again, warning } = Session.follow(link);
    console.log(`a link of 1,000 steps is followed in ${Math.round(performance.now() - begun)} ms`);
    expect(warning).toBeNull();
    expect(again.size).toBe(1_001);
    expect(again.names(1_000)).toEqual(session.names(at));
    expect(again.link(1_000, "a note")).toEqual(link);
  });

  test("that no longer mean the same are followed as far as they go, with a warning", () => {
    const { session, at } = long(50);
    const link = session.link(at, "");
    expect(Session.follow({ ...link, version: "9.9.9" }).warning).toContain("recorded with version 9.9.9, this is ");
    expect(Session.follow({ ...link, end: "0" }).warning).toContain("ends in another state");
    expect(Session.follow({ ...link, hash: "0" }).warning).toContain("the model was edited");
    const broken = Session.follow({ ...link, choices: [...link.choices.slice(0, 20), 9_999] });
    expect(broken.warning).toContain("it stops before step 21 of 21");
    expect(broken.session.size).toBe(21);
  });

  test("are written to a file and read again; an edited file is refused by a sentence", () => {
    const { session, at } = long(60);
    const file = session.run(at, "what happened");
    const again = Session.read(file);
    expect(again.names(again.size - 1)).toEqual(session.names(at));
    expect(again.run(again.size - 1, "what happened")).toBe(file);
    expect(() => Session.read(file.replace(/n\d timer/, "n0 tamer"))).toThrow("choices: step 1, \"n0 tamer\", is not possible there");
    expect(() => Session.read(file.slice(0, 300))).toThrow(/line \d+, column \d+/);
  });

  test("are exported", () => {
    const { session, at } = long(30);
    expect(session.export(at, "rust-test")).toContain("#[test]\nfn holds_three_nodes()");
    expect(session.export(at, "mermaid")).toMatch(/^sequenceDiagram\n {4}participant n0/);
    expect(JSON.parse(session.export(at, "itf")).states.length).toBe(31);
    expect(session.export(at, "text")).toContain("every invariant holds in every state");
  });

  test("that a search found on a network any are gone on a counted one, doubling what arrives twice", () => {
    let [adopted, doubled] = [0, 0];
    for (const { name, kill } of rules()) {
      if (kill === null || kill.steps > 12 || kill.model.node?.external === true) continue;
      const search = Search.start(JSON.stringify(kill.model), JSON.stringify(kill.beginning), 200_000);
      while (!search.advance(4_096));
      const { choices, invariant } = JSON.parse(search.outcome()) as { choices: string[]; invariant: string };
      const session = Session.open(scoped(kill.model, { network: "counted", drops: 20, duplicates: 60 }));
      const { moment, done, stopped } = session.adopt(choices);
      expect([name, stopped, done]).toEqual([name, null, choices.length]);
      const { broken, invariants } = session.view(moment);
      expect([name, broken?.invariant]).toEqual([name, invariant]);
      expect(invariants.find((one) => one.name === invariant)).toMatchObject({ holds: false, why: broken!.why });
      adopted += 1;
      doubled += session.names(moment).filter((one) => one.startsWith("doubled: ")).length;
    }
    expect(adopted).toBeGreaterThan(30);
    expect(doubled).toBeGreaterThan(0);
  }, 600_000);
});

describe("explanations", () => {
  test("say what a voter decided, and by which rules", () => {
    const session = Session.open(sandbox(bundled("election")));
    const { moment } = session.walk(0, ["n0 timer", "n0 flushed", "n2 timer", "n2 flushed", "n0→n1 vote e1 e0v0", "n1 flushed", "n2→n1 vote e1 e0v0"]);
    const { sentences, rules: deciding } = session.explain(moment);
    expect(sentences.join(" ")).toContain("refuses the vote to n2: it has voted for n0 in e1");
    const rule = deciding.find(({ name }) => name === "one-vote-per-epoch")!;
    expect(rule).toMatchObject({ kind: "safety", sentence: "A node votes for at most one node in an epoch." });
    expect(rule.otherwise).toContain("n1 would");
  });

  test("there is one for every moment of a long run", () => {
    const session = Session.open(start());
    let at = 0;
    let deciding = 0;
    for (let step = 0; step < 200; step += 1) {
      at = session.auto(at, 5)!;
      const { sentences, rules: ones } = session.explain(at);
      expect(sentences.length).toBeGreaterThan(0);
      for (const sentence of sentences) expect(sentence).toMatch(/\.$/);
      deciding += ones.length;
    }
    expect(deciding).toBeGreaterThan(50);
  });
});
