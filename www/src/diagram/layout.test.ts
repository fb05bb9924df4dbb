import { describe, expect, it } from "vitest";
import { Story, epoch, ground, idle, long } from "./fixture";
import { FAULTS, GAP, Track, UNIT, labelSlots, nearestStep, stepsWithin, stubs, widthOf, within } from "./layout";

const trackOf = (story: Story, nodes = 3, fenced = false): Track => new Track(ground(nodes, fenced)).grow(story.events);

describe("spans", () => {
  it("end where something else begins, and the last is open", () => {
    const story = new Story(2)
      .at(0, "tick", "timer", { 0: { role: "candidate", epoch: epoch(1) } })
      .arrive(1, 0, 1)
      .at(0, "flush", "flushed", { 0: { role: "primary", serving: false } })
      .at(0, "done", "loads", { 0: { serving: true, lease: 5 } })
      .pass()
      .at(0, "crash", "crashes", { 0: { role: "down", serving: false, lease: null } })
      .at(0, "restart", "restarts", { 0: { role: "follower" } });
    const track = trackOf(story, 2);
    expect(track.looks[0]!.map(({ from, to, value }) => [from, to, value])).toEqual([
      [0, 1, "follower"], [1, 3, "candidate"], [3, 4, "primary"], [4, 6, "serving"], [6, 7, "down"], [7, Infinity, "follower"],
    ]);
    // A machine that is down has no epoch; the time before the first has none either.
    expect(track.epochs[0]!.map(({ from, to, value }) => [from, to, value.text])).toEqual([[1, 6, "e1"], [7, Infinity, "e1"]]);
    expect(track.leases[0]).toEqual([{ from: 4, to: 6, value: 5 }]);
    expect(track.reigns.map(({ from, to, value }) => [from, to, value.node])).toEqual([[4, 6, 0]]);
    expect(track.looks[1]).toEqual([{ from: 0, to: Infinity, value: "follower" }]);
  });

  it("are found by the steps they meet", () => {
    const spans = [{ from: 0, to: 3, value: "a" }, { from: 3, to: 8, value: "b" }, { from: 9, to: Infinity, value: "c" }];
    const found = (first: number, last: number): string => within(spans, first, last).map((span) => span.value).join("");
    expect(found(0, 2)).toBe("a");
    expect(found(3, 3)).toBe("ab");
    expect(found(4, 8)).toBe("b");
    expect(found(500, 600)).toBe("c");
  });
});

describe("faults", () => {
  it("span what lasts, and keep apart what overlaps", () => {
    const story = new Story(3)
      .at(1, "crash", "crashes", { 1: { role: "down" } })
      .links("partition", "partition {n0} | rest")
      .links("pause", "n2 pauses", { 2: { paused: true } })
      .links("heal", "heal")
      .links("resume", "n2 resumes", { 2: { paused: false } })
      .lose(0, 2, 0)
      .at(0, "doubt", "doubts its clock");
    const track = trackOf(story);
    expect(track.faults.map(({ kind, from, to, row, node, detail }) => [kind, from, to, row, node, detail])).toEqual([
      ["crash", 1, Infinity, 0, 1, ""],
      ["partition", 2, 4, 1, null, "{n0} | rest"],
      ["pause", 3, 5, 2, 2, ""],
      ["drop", 6, 6, 1, null, "n0→n2"],
      ["doubt", 7, 7, 1, 0, ""],
    ]);
    expect(track.rows).toBe(3);
    // A pause is marked on its machine, a partition on the lane of the faults.
    expect(track.marks[2]).toEqual({ lane: 2, toward: null, row: 0 });
    expect(track.marks[1]).toEqual({ lane: FAULTS, toward: null, row: 1 });
  });

  it("that replace one another end", () => {
    const story = new Story(3).links("partition", "partition {n0} | rest").links("partition", "partition {n1} -> rest");
    expect(trackOf(story).faults.map(({ from, to }) => [from, to])).toEqual([[1, 2], [2, Infinity]]);
  });
});

describe("messages", () => {
  it("go from where they were sent to where they arrive or are lost", () => {
    const story = new Story(3).at(0, "tick", "timer").arrive(0, 1, 1).lose(0, 2, 1);
    const track = trackOf(story);
    expect(track.arrows).toEqual([
      { sent: 1, at: 2, from: 0, to: 1, answer: false, lost: false },
      { sent: 1, at: 3, from: 0, to: 2, answer: false, lost: true },
    ]);
    expect(track.marks[2]).toEqual({ lane: 0, toward: 2, row: 0 });
  });

  it("to the resource begin at the write", () => {
    const story = new Story(2)
      .at(0, "write", "write w1")
      .at(0, "tick", "timer")
      .add("land", { kind: "resource", from: 0 }, "w1 e1")
      .add("done", { kind: "resource", from: 1 }, "fence e2");
    const track = trackOf(story, 2, true);
    expect(track.lanes).toBe(3);
    expect(track.arrows.map(({ sent, at, from, to }) => [sent, at, from, to])).toEqual([[1, 3, 0, 2], [4, 4, 1, 2]]);
  });

  it("that are still on their way are stubs", () => {
    const track = trackOf(new Story(3).at(0, "tick", "timer").arrive(0, 1, 1));
    const letter = (id: number, sent: number, delivered: number) => ({
      id, from: 0, to: 2, kind: "vote", answer: false, epoch: epoch(1), name: "", sent, delivered, copies: 1, held: false,
    });
    const letters = [letter(1, 1, 0), letter(2, 1, 1), letter(3, 99, 0)];
    // A network that keeps what it delivered: only what never arrived is on its way. Moment 99 is of another branch.
    expect(stubs(track, letters, false)).toEqual([{ sent: 1, from: 0, to: 2, answer: false }]);
    expect(stubs(track, letters, true)).toHaveLength(2);
  });
});

describe("places", () => {
  it("in steps leave room for the labels of a lane, on two sides of it", () => {
    const story = new Story(2);
    for (let step = 0; step < 4; step++) story.at(0, "tick", "a rather long label");
    const track = trackOf(story, 2);
    const at = track.positions("steps");
    expect(at[1]! - at[0]!).toBe(GAP);
    expect(at[2]! - at[1]!).toBe(GAP);
    // The third waits for the first to end.
    expect(at[3]! - at[1]!).toBeCloseTo(Math.max(2 * GAP, widthOf("a rather long label")));
    expect([...labelSlots(track, "steps", 1)]).toEqual([0, 1, 2, 1, 2]);
    // With less room, less is said, and nothing overlaps.
    const few = labelSlots(track, "steps", 0.5);
    expect(few.filter((slot) => slot > 0).length).toBeLessThan(4);
  });

  it("in true time spread what happens within a unit", () => {
    const story = new Story(2).at(0, "tick", "timer").pass().at(1, "tick", "timer").at(1, "tick", "timer").at(1, "tick", "timer").pass();
    const track = trackOf(story, 2);
    expect(track.positions("time").map((x) => x / UNIT)).toEqual([0, 0.5, 1, 1.25, 1.5, 1.75, 2]);
    expect(track.passes).toEqual([2, 6]);
  });

  it("in true time are the same whether a run grows by one or at once", () => {
    const events = long(300);
    let grown = new Track(ground(3));
    for (let size = 1; size <= events.length; size++) {
      grown = grown.grow(events.slice(0, size));
      if (size % 7 === 0) grown.positions("time");
    }
    const whole = new Track(ground(3)).grow(events);
    expect(grown.positions("time")).toEqual(whole.positions("time"));
    expect(grown.positions("steps")).toEqual(whole.positions("steps"));
    expect(grown.arrows).toEqual(whole.arrows);
    expect(grown.faults).toEqual(whole.faults);
    expect(grown.looks).toEqual(whole.looks);
  });

  it("never go back", () => {
    for (const mode of ["time", "steps"] as const) {
      const at = new Track(ground(3)).grow(long(500)).positions(mode);
      expect(at.findIndex((x, step) => step > 0 && x <= at[step - 1]!)).toBe(-1);
    }
  });
});

describe("windows", () => {
  it("hold the steps they show, and one more at each end", () => {
    const track = new Track(ground(3)).grow(long(200));
    const at = track.positions("steps");
    expect(stepsWithin(track, "steps", at[50]! - 1, at[60]! + 1)).toEqual([49, 61]);
    expect(stepsWithin(track, "steps", -500, -100)).toEqual([0, 0]);
    expect(stepsWithin(track, "steps", 0, 1e9)).toEqual([0, 200]);
  });

  it("tell the step that is nearest", () => {
    const track = new Track(ground(3)).grow(long(50));
    const at = track.positions("steps");
    expect(nearestStep(track, "steps", at[20]! + 1)).toBe(20);
    expect(nearestStep(track, "steps", at[20]! - 1)).toBe(20);
    expect(nearestStep(track, "steps", -1e6)).toBe(0);
    expect(nearestStep(track, "steps", 1e6)).toBe(50);
    expect(nearestStep(new Track(ground(3)), "steps", 100)).toBe(0);
  });
});

describe("growing", () => {
  it("keeps the track of a run that goes on, and begins another for another branch", () => {
    const events = long(20);
    const track = new Track(ground(3)).grow(events.slice(0, 10));
    expect(track.grow(events)).toBe(track);
    expect(track.steps).toBe(20);
    const shorter = track.grow(events.slice(0, 5));
    expect(shorter).not.toBe(track);
    expect(shorter.steps).toBe(5);
    const other = [...events.slice(0, 19), { ...events[19]!, lanes: [idle, idle, idle] }];
    const forked = track.grow(other);
    expect(forked).not.toBe(track);
    expect(forked.lanesAt(20)).toEqual([idle, idle, idle]);
  });

  it("marks where more is acknowledged, and what broke", () => {
    const story = new Story(2)
      .at(0, "write", "write w1")
      .at(0, "flush", "flushed", {}, { acked: 1 })
      .at(1, "tick", "timer", {}, { broken: { invariant: "one-primary", why: "two serve" } });
    const track = trackOf(story, 2);
    expect(track.commits).toEqual([{ step: 2, lane: 0, acked: 1 }]);
    expect(track.leadOf(2)).toBeGreaterThan(0);
    expect(track.broken).toBe(3);
  });
});
