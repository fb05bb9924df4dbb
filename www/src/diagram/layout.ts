/**
 * Where everything of a run is in a space-time diagram, without drawing any of it.
 *
 * A `Track` holds one branch and grows with it: a step is looked at once, when it is added. What lasts is kept as
 * spans of steps, so that whoever draws a window of a long run looks at that window only. Positions are in pixels at
 * zoom 1. In steps, a column is as wide as the labels of its lane need; in true time, a unit is as wide as any other
 * and the events in it are spread evenly.
 */
import type { Epoch, EventView, Lane, LetterView, MomentId, NodeIndex } from "../api/types";

export type Mode = "time" | "steps";

/** The beginning of a run: what no event says. */
export interface Ground {
  nodes: number;
  fenced: boolean;
  lanes: Lane[];
}

/** How the lane of a machine is drawn. */
export type Look = "follower" | "candidate" | "primary" | "serving" | "paused" | "halted" | "down";

/** Something that is so after step `from` and no longer after step `to`; to the end of the run if `to` is infinite. */
export interface Span<T> {
  from: number;
  to: number;
  value: T;
}

/** A message from the step in which it was sent to the one in which it arrived or was lost. */
export interface Arrow {
  sent: number;
  at: number;
  from: number;
  to: number;
  answer: boolean;
  lost: boolean;
}

export type FaultKind =
  | "crash" | "pause" | "partition" | "drop" | "duplicate" | "doubt" | "fail-flush" | "power-off" | "accept-loss";

/** Something that goes wrong; `from` = `to` for what is over at once. Rows keep what overlaps apart. */
export interface Fault {
  kind: FaultKind;
  from: number;
  to: number;
  row: number;
  node: NodeIndex | null;
  /** What the name of the choice says beyond the kind. */
  detail: string;
}

/** The lane of the faults; machines count from 0, the resource follows them. */
export const FAULTS = -1;

/** Where the mark of a step is; `toward` for one that was lost between its lane and another. */
export interface Mark {
  lane: number;
  toward: number | null;
  /** Of the lane of the faults. */
  row: number;
}

/** Pixels of a unit of true time. */
export const UNIT = 96;
/** The least distance of two steps. */
export const GAP = 26;
/** Labels are cut to so many characters. */
export const LABEL = 18;
const CHARACTER = 6.3;
/** So far a label may push its step to the right. */
const PUSH = 110;

export function lookOf(lane: Lane): Look {
  if (lane.role === "down") return "down";
  if (lane.paused) return "paused";
  switch (lane.role) {
    case "halted":
      return "halted";
    case "follower":
      return "follower";
    case "pre-candidate":
    case "candidate":
      return "candidate";
    case "primary":
      return lane.serving ? "serving" : "primary";
  }
}

/** A label as it is drawn. */
export function cut(label: string): string {
  return label.length > LABEL ? `${label.slice(0, LABEL - 1).trimEnd()}…` : label;
}

export function widthOf(label: string): number {
  return Math.min(label.length, LABEL) * CHARACTER + 6;
}

/** The first index for which `is` holds, in an order in which it holds from there on. */
export function firstIndex(length: number, is: (index: number) => boolean): number {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (is(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Adds what is so after `step`; the span before ends where it differs. Null is not kept. */
function note<T>(spans: Span<T>[], step: number, value: T | null, same: (a: T, b: T) => boolean): void {
  const last = spans.at(-1);
  if (last !== undefined && last.to === Infinity) {
    if (value !== null && same(last.value, value)) return;
    last.to = step;
  }
  if (value !== null) spans.push({ from: step, to: Infinity, value });
}

/** Spans that meet the steps from `first` to `last`. */
export function within<T>(spans: readonly Span<T>[], first: number, last: number): Span<T>[] {
  const begin = firstIndex(spans.length, (index) => spans[index]!.to >= first);
  const end = firstIndex(spans.length, (index) => spans[index]!.from > last);
  return spans.slice(begin, end);
}

/** On which side of its lane a label is: away from where its message comes from. */
const above = (event: EventView): boolean => !(event.place.kind === "between" && event.place.from < event.place.to);

const FAULT_KINDS: readonly string[] = ["drop", "duplicate", "doubt", "fail-flush", "power-off", "accept-loss"];

export class Track {
  readonly events: EventView[] = [];
  readonly marks: Mark[] = [];
  readonly looks: Span<Look>[][];
  readonly epochs: Span<Epoch>[][];
  readonly leases: Span<number>[][];
  /** Who serves under the newest epoch. */
  readonly reigns: Span<{ node: NodeIndex; epoch: Epoch }>[] = [];
  readonly arrows: Arrow[] = [];
  readonly faults: Fault[] = [];
  /** Steps in which more was acknowledged, and how much is since. */
  readonly commits: { step: number; lane: number; acked: number }[] = [];
  /** Steps that let time pass. */
  readonly passes: number[] = [];
  /** The step that broke an invariant. */
  broken: number | null = null;
  /** Rows that the faults need. */
  rows = 1;
  /** The longest lease seen. */
  longest = 1;
  private readonly stepOf = new Map<MomentId, number>([[0, 0]]);
  private readonly writes = new Map<string, number>();
  private readonly busy: number[] = [];
  private readonly open = new Map<string, Fault>();
  private readonly byStep: number[] = [0];
  private readonly byTime: number[] = [];
  /** The first step whose place in true time is not settled: others of its unit may follow. */
  private unitBegan = 0;
  private readonly rights: [number, number][];
  private acked = 0;
  private readonly flagged = new Set<number>();

  constructor(readonly ground: Ground) {
    const machines = Array.from({ length: ground.nodes }, (_, index) => index);
    this.looks = machines.map(() => []);
    this.epochs = machines.map(() => []);
    this.leases = machines.map(() => []);
    this.rights = Array.from({ length: ground.nodes + 1 }, () => [-1e9, -1e9]);
    this.observe(0, ground.lanes);
  }

  /** Steps of the branch; the beginning is step 0. */
  get steps(): number {
    return this.events.length;
  }

  get lanes(): number {
    return this.ground.nodes + (this.ground.fenced ? 1 : 0);
  }

  /** The lane of the resource. */
  get resource(): number {
    return this.ground.nodes;
  }

  stepOfMoment(id: MomentId): number | undefined {
    return this.stepOf.get(id);
  }

  /** How every machine stands after a step. */
  lanesAt(step: number): Lane[] {
    return step === 0 ? this.ground.lanes : this.events[step - 1]!.lanes;
  }

  timeAt(step: number): number {
    return step === 0 ? 0 : this.events[step - 1]!.time;
  }

  /** Where the steps are at zoom 1. */
  positions(mode: Mode): readonly number[] {
    if (mode === "steps") return this.byStep;
    if (this.byTime.length <= this.steps) this.spread();
    return this.byTime;
  }

  /** Spreads the events of each unit evenly, from the last unit that was spread. */
  private spread(): void {
    let first = this.unitBegan;
    while (first <= this.steps) {
      const time = this.timeAt(first);
      let end = first + 1;
      while (end <= this.steps && this.timeAt(end) === time) end++;
      for (let step = first; step < end; step++) {
        this.byTime[step] = (time + (step - first) / (end - first)) * UNIT;
      }
      this.unitBegan = first;
      first = end;
    }
  }

  /** Room before the label of a step that the flag of a commit takes. */
  leadOf(step: number): number {
    return this.flagged.has(step) ? 22 : 0;
  }

  /** The track of these events: this one, grown, if they continue it; else a new one. */
  grow(events: readonly EventView[]): Track {
    const kept = this.steps;
    const continues = events.length >= kept && (kept === 0 || events[kept - 1] === this.events[kept - 1]);
    const track = continues ? this : new Track(this.ground);
    for (let index = track.steps; index < events.length; index++) track.add(events[index]!);
    return track;
  }

  private add(event: EventView): void {
    this.events.push(event);
    const step = this.events.length;
    this.stepOf.set(event.id, step);
    this.marks.push(this.markOf(event));
    this.addArrow(step, event);
    this.addFaults(step, event);
    if (event.kind === "pass") this.passes.push(step);
    if (event.kind === "write") this.writes.set(event.label.replace(/^write /, ""), step);
    if (event.acked > this.acked) {
      this.acked = event.acked;
      const lane = this.marks[step - 1]!.lane;
      this.commits.push({ step, lane, acked: event.acked });
      this.flagged.add(step);
    }
    if (event.broken !== null) this.broken ??= step;
    this.observe(step, event.lanes);
    this.place(step, event);
  }

  private markOf({ place, name }: EventView): Mark {
    switch (place.kind) {
      case "between":
        return { lane: place.to, toward: null, row: 0 };
      case "lost":
        return { lane: place.from, toward: place.to, row: 0 };
      case "at":
        return { lane: place.node, toward: null, row: 0 };
      case "resource":
        return { lane: this.ground.fenced ? this.resource : place.from, toward: null, row: 0 };
      case "everywhere":
        return { lane: FAULTS, toward: null, row: 0 };
      case "links": {
        const node = /^n(\d+) (?:pauses|resumes)$/.exec(name)?.[1];
        return { lane: node === undefined ? FAULTS : Number(node), toward: null, row: 0 };
      }
    }
  }

  private addArrow(step: number, { place, letter, kind, label }: EventView): void {
    if (place.kind === "between" || place.kind === "lost") {
      const sent = letter === null ? step : (this.stepOf.get(letter.sent) ?? step);
      const { from, to } = place;
      this.arrows.push({ sent, at: step, from, to, answer: letter?.answer ?? false, lost: place.kind === "lost" });
    } else if (place.kind === "resource" && this.ground.fenced) {
      const write = kind === "land" ? this.writes.get(label.split(" ")[0]!) : undefined;
      this.arrows.push({
        sent: write ?? step, at: step, from: place.from, to: this.resource, answer: false, lost: false,
      });
    }
  }

  private addFaults(step: number, { kind, place, name, lanes }: EventView): void {
    const before = this.lanesAt(step - 1);
    lanes.forEach((lane, node) => {
      this.span(step, "crash", node, before[node]?.role === "down", lane.role === "down", "");
      this.span(step, "pause", node, before[node]?.paused ?? false, lane.paused, "");
    });
    if (kind === "partition" || kind === "heal") {
      const mark = this.marks[step - 1]!;
      mark.row = this.open.get("partition")?.row ?? 0;
      this.end("partition", step);
      if (kind === "partition") mark.row = this.begin("partition", step, null, name.replace(/^partition /, ""), "partition");
    } else if (FAULT_KINDS.includes(kind)) {
      const node = place.kind === "at" ? place.node : null;
      const detail = place.kind === "lost" ? `n${place.from}→n${place.to}` : "";
      const row = this.freeRow();
      this.faults.push({ kind: kind as FaultKind, from: step, to: step, row, node, detail });
    }
  }

  private span(step: number, kind: FaultKind, node: number, was: boolean, is: boolean, detail: string): void {
    if (is && !was) this.begin(`${kind} ${node}`, step, node, detail, kind);
    if (was && !is) this.end(`${kind} ${node}`, step);
  }

  private begin(key: string, step: number, node: number | null, detail: string, kind: FaultKind): number {
    const row = this.freeRow();
    this.busy[row] = 1;
    const fault: Fault = { kind, from: step, to: Infinity, row, node, detail };
    this.open.set(key, fault);
    this.faults.push(fault);
    return row;
  }

  private end(key: string, step: number): void {
    const fault = this.open.get(key);
    if (fault === undefined) return;
    fault.to = step;
    this.busy[fault.row] = 0;
    this.open.delete(key);
  }

  private freeRow(): number {
    let row = 0;
    while (this.busy[row] === 1) row++;
    this.rows = Math.max(this.rows, row + 1);
    return row;
  }

  private observe(step: number, lanes: Lane[]): void {
    const same = <T>(a: T, b: T): boolean => a === b;
    lanes.forEach((lane, node) => {
      note(this.looks[node]!, step, lookOf(lane), same);
      const epoch = lane.role === "down" || lane.epoch.term === 0 ? null : lane.epoch;
      note(this.epochs[node]!, step, epoch, (a, b) => a.text === b.text);
      const lease = lane.role === "down" ? null : lane.lease;
      note(this.leases[node]!, step, lease, same);
      this.longest = Math.max(this.longest, lane.lease ?? 0);
    });
    note(this.reigns, step, reignOf(lanes), (a, b) => a.node === b.node && a.epoch.text === b.epoch.text);
  }

  private place(step: number, event: EventView): void {
    const { lane, toward } = this.marks[step - 1]!;
    let x = this.byStep[step - 1]! + GAP;
    const rights = lane === FAULTS || toward !== null ? undefined : this.rights[lane];
    if (rights !== undefined) {
      const side = sideFor(rights, x, above(event));
      x = Math.max(x, Math.min(x + PUSH, rights[side]));
      rights[side] = Math.max(rights[side], x) + this.leadOf(step) + widthOf(event.label);
    }
    this.byStep.push(x);
  }
}

function reignOf(lanes: Lane[]): { node: NodeIndex; epoch: Epoch } | null {
  let reign: { node: NodeIndex; epoch: Epoch } | null = null;
  lanes.forEach((lane, node) => {
    if (!lane.serving || lane.role === "down") return;
    if (reign === null || newer(lane.epoch, reign.epoch)) reign = { node, epoch: lane.epoch };
  });
  return reign;
}

const newer = (a: Epoch, b: Epoch): boolean =>
  a.generation !== b.generation ? a.generation > b.generation : a.term > b.term;

/** The side on which a label that begins at `x` has room: away from its message, or else the other, or else the one
 * where room is sooner. 0 is above the lane, 1 below it. */
function sideFor(rights: readonly [number, number], x: number, up: boolean): 0 | 1 {
  const first = up ? 0 : 1;
  if (rights[first] <= x) return first;
  if (rights[up ? 1 : 0] <= x) return up ? 1 : 0;
  return rights[0] <= rights[1] ? 0 : 1;
}

/** Which labels have room at a zoom, and where: 0 none, 1 above the lane, 2 below it. Whether a label has room hangs on
 * those before it: from another `first` step, some may come out otherwise. */
export function labelSlots(track: Track, mode: Mode, scale: number, first = 1, last = track.steps): Uint8Array {
  const slots = new Uint8Array(track.steps + 1);
  const at = track.positions(mode);
  const rights: [number, number][] = Array.from({ length: track.lanes + 1 }, () => [-1e9, -1e9]);
  for (let step = first; step <= last; step++) {
    const { lane, toward } = track.marks[step - 1]!;
    if (lane === FAULTS || toward !== null) continue;
    const event = track.events[step - 1]!;
    const x = at[step]! * scale;
    const free = rights[lane]!;
    const side = sideFor(free, x, above(event));
    if (free[side] > x + 0.5) continue;
    free[side] = x + track.leadOf(step) + widthOf(event.label);
    slots[step] = side + 1;
  }
  return slots;
}

/** The steps in a stretch of pixels at zoom 1, with one more at each end. */
export function stepsWithin(track: Track, mode: Mode, left: number, right: number): [number, number] {
  const at = track.positions(mode);
  const first = firstIndex(at.length, (step) => at[step]! >= left) - 1;
  const last = firstIndex(at.length, (step) => at[step]! > right);
  return [Math.max(0, first), Math.min(track.steps, last)];
}

/** The step that is nearest to a position at zoom 1. */
export function nearestStep(track: Track, mode: Mode, position: number): number {
  const at = track.positions(mode);
  const right = Math.min(track.steps, firstIndex(at.length, (step) => at[step]! >= position));
  const left = Math.max(0, right - 1);
  return position - at[left]! < at[right]! - position ? left : right;
}

/** A message that is still on its way at the end of the branch. */
export interface Stub {
  sent: number;
  from: NodeIndex;
  to: NodeIndex;
  answer: boolean;
}

/** Messages that are still on their way. On a network that keeps what it delivered, only what never arrived. */
export function stubs(track: Track, letters: readonly LetterView[], counted: boolean): Stub[] {
  return letters.flatMap(({ sent, from, to, answer, delivered }) => {
    const step = track.stepOfMoment(sent);
    return step === undefined || (!counted && delivered > 0) ? [] : [{ sent: step, from, to, answer }];
  });
}

/** Whether something goes wrong at a step, or is mended by it. */
export function isFault(event: EventView): boolean {
  return event.kind === "crash" || event.kind === "partition" || event.kind === "pause" || event.broken !== null
    || FAULT_KINDS.includes(event.kind);
}
