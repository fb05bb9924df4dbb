/**
 * What is seen of a run: shapes for a stretch of it, as plain values.
 *
 * Marks, arrows and lanes of one look are one path each, so that a stretch costs a few dozen elements however much
 * happens in it. The page makes elements of the shapes, the export makes text of them; neither knows the run.
 */
import type { EventView } from "../api/types";
import { epochToken } from "../state/epoch";
import { type Cone, Tie } from "./cone";
import { type Style, glyphOf } from "./glyphs";
import {
  FAULTS, type Fault, type Mode, type Span, type Stub, type Track, cut, firstIndex, labelSlots, stepsWithin, widthOf, within,
} from "./layout";

export type Shape =
  | { t: "path"; k: string; c: string; d: string }
  | { t: "rect"; k: string; c: string; x: number; y: number; w: number; h: number }
  | { t: "text"; k: string; c: string; x: number; y: number; s: string };

export interface Words {
  fault(fault: Fault): string;
  /** Over the sentence of a violation. */
  violated(invariant: string): string;
}

export interface Frame {
  mode: Mode;
  zoom: number;
  /** The stretch, in pixels of the whole picture. */
  left: number;
  right: number;
  /** Height of a lane. */
  row: number;
  /** Where the picture ends. */
  width: number;
  cone: Cone | null;
  /** Whether the next frame follows at once: what costs much and says little then is left out. */
  rough?: boolean;
  stubs: readonly Stub[];
  words: Words;
}

/** Pixels before the beginning of a run. */
export const LEAD = 22;
export const AXIS = 22;
const FAULT_ROW = 16;
/** Half the height of the band of an epoch. */
const BAND = 9;
/** Width of the words of a violation. */
export const CALLOUT = 300;
export const LEAST_ROW = 54;
/** A lane may be as low as this where there is not enough room: labels of neighbours just touch. */
export const TIGHT_ROW = 50;
/** Height of the lane of the resource. */
export const RESOURCE = 46;
/** Below so many pixels a step, marks are strokes and arrows have no heads. */
const COARSE = 7;
/** The part of its way that a lost message is drawn to travel: into the last gap between lanes, never onto a lane. */
const lostAt = (from: number, to: number): number => 1 - 0.38 / Math.max(1, Math.abs(to - from));
/** About so many arrows are drawn when all of them would be a grey sheet. */
const ARROWS = 400;

export interface Places {
  axis: number;
  faults: number;
  /** Where the lanes begin. */
  top: number;
  height: number;
  lane(lane: number): number;
}

export function places(track: Track, row: number): Places {
  const faults = AXIS + 2;
  const top = faults + track.rows * FAULT_ROW + 4;
  return {
    axis: AXIS,
    faults,
    top,
    height: top + track.ground.nodes * row + (track.ground.fenced ? RESOURCE : 0),
    lane: (lane) => (lane === FAULTS ? faults + FAULT_ROW / 2 : lane === track.resource ? top + lane * row + 24 : top + lane * row + (row - LEAST_ROW) / 2 + 23),
  };
}

/** Where a step is in the whole picture. */
export function xOf(track: Track, mode: Mode, zoom: number, step: number): number {
  return LEAD + track.positions(mode)[step]! * zoom;
}

/** Width of the whole picture, with room for what is said at its end. */
export function widthOfRun(track: Track, mode: Mode, zoom: number): number {
  return xOf(track, mode, zoom, track.steps) + (track.broken === null ? 130 : CALLOUT + 40);
}

const round = (value: number): number => Math.round(value * 10) / 10;

/** Collects what becomes one path. */
class Paths {
  private readonly parts = new Map<string, string[]>();
  add(c: string, d: string): void {
    const part = this.parts.get(c);
    if (part === undefined) this.parts.set(c, [d]);
    else part.push(d);
  }
  /** `layer` tells apart paths of one look that lie over one another. */
  shapes(layer: string): Shape[] {
    return Array.from(this.parts, ([c, parts]) => ({ t: "path", k: layer + c, c, d: parts.join("") }));
  }
}

const TINTS = ["", " diagram-past", " diagram-self", " diagram-future", " diagram-dim"];

interface Scene extends Frame {
  track: Track;
  places: Places;
  first: number;
  last: number;
  /** Pixels a step, in the mean. */
  pitch: number;
  x(step: number): number;
  /** Where what begins at this step ends. */
  end(step: number): number;
  tint(step: number): string;
}

export function paint(track: Track, frame: Frame): Shape[] {
  const { mode, zoom, left, right, cone } = frame;
  const at = track.positions(mode);
  const [first, last] = stepsWithin(track, mode, (left - LEAD) / zoom, (right - LEAD) / zoom);
  const scene: Scene = {
    ...frame,
    track,
    places: places(track, frame.row),
    first,
    last,
    pitch: (at[track.steps]! * zoom) / Math.max(1, track.steps),
    x: (step) => LEAD + at[step]! * zoom,
    end: (step) => (step > track.steps ? frame.width : LEAD + at[step]! * zoom),
    tint: (step) => (cone === null ? "" : TINTS[cone.ties[step]!]!),
  };
  return [
    ...grid(scene), ...bands(scene), ...looks(scene), ...leases(scene), ...arrows(scene), ...marks(scene),
    ...commits(scene), ...tags(scene), ...labels(scene), ...faults(scene), ...violation(scene),
  ];
}

// ---- ground ------------------------------------------------------------------------------------------------

function grid(scene: Scene): Shape[] {
  const { track, places: { axis, height, faults, top }, mode, first, last, x, zoom, left, right } = scene;
  const paths = new Paths();
  const texts: Shape[] = [];
  const mark = (px: number, label: number): void => {
    texts.push({ t: "text", k: `a${label}`, c: "diagram-tick", x: round(px), y: axis - 8, s: String(label) });
  };
  paths.add("diagram-rule", `M${left} ${axis}H${right}`);
  paths.add("diagram-rule", `M${left} ${top - 1}H${right}`);
  let drawn = -1e9;
  for (const step of stepsOf(track.passes, first, last)) {
    if (x(step) - drawn < 4) continue;
    drawn = x(step);
    paths.add("diagram-unit", `M${round(x(step))} ${faults}V${height}`);
  }
  if (mode === "time") {
    const every = nice(40 / (96 * zoom));
    const from = Math.max(0, Math.floor(track.timeAt(first) / every) * every);
    for (let time = from; time <= track.timeAt(last); time += every) {
      const px = LEAD + time * 96 * zoom;
      paths.add("diagram-rule", `M${round(px)} ${axis - 5}V${axis}`);
      mark(px, time);
    }
  } else {
    const every = nice(44 / Math.max(0.01, scene.pitch));
    for (let step = Math.ceil(first / every) * every; step <= last; step += every) {
      paths.add("diagram-rule", `M${round(x(step))} ${axis - 5}V${axis}`);
      mark(x(step), step);
    }
  }
  return [...paths.shapes("grid"), ...texts];
}

/** 1, 2, 5, 10, …: the least that is not below. */
function nice(least: number): number {
  let unit = 1;
  for (;;) {
    for (const factor of [1, 2, 5]) if (unit * factor >= least) return unit * factor;
    unit *= 10;
  }
}

function stepsOf(sorted: readonly number[], first: number, last: number): number[] {
  return sorted.slice(firstIndex(sorted.length, (at) => sorted[at]! >= first), firstIndex(sorted.length, (at) => sorted[at]! > last));
}

/** A span as it is seen, and only one of those that share a pixel. */
function seenSpans<T>(scene: Scene, spans: readonly Span<T>[], draw: (left: number, right: number, span: Span<T>) => void): void {
  const { first, last, x, end, left, right, pitch } = scene;
  const least = pitch < 1 ? 3 : 0.7;
  let filled = -1e9;
  for (const span of within(spans, first, last)) {
    const [begin, stop] = [Math.max(left, x(span.from)), Math.min(right, end(span.to))];
    if (stop <= begin || stop - filled < least) continue;
    filled = stop;
    draw(begin, stop, span);
  }
}

function bands(scene: Scene): Shape[] {
  const { track, places: { lane } } = scene;
  const paths = new Paths();
  track.epochs.forEach((spans, node) => {
    const y = lane(node);
    seenSpans(scene, spans, (begin, stop, { value }) => {
      const token = epochToken(value);
      paths.add(`diagram-band diagram-epoch-${token}`, box(begin, y - BAND, stop - begin, 2 * BAND));
      paths.add(`diagram-edge diagram-epoch-${token}`, box(begin, y - BAND, stop - begin, 2.5));
    });
  });
  return paths.shapes("bands");
}

const box = (x: number, y: number, w: number, h: number): string =>
  `M${round(x)} ${round(y)}h${round(w)}v${round(h)}h${round(-w)}z`;

/** The epoch in words where a band begins, and again where it is long. */
function tags(scene: Scene): Shape[] {
  const { track, places: { lane }, first, last, x, end, left, right, pitch } = scene;
  const shapes: Shape[] = [];
  track.epochs.forEach((spans, node) => {
    const y = lane(node) + BAND + 1;
    let free = -1e9;
    for (const { from, to, value } of within(spans, first, last)) {
      const width = value.text.length * 6 + 6;
      const begin = Math.max(x(from), LEAD - 8);
      const stop = end(to);
      if (pitch < COARSE && stop - begin < width) continue;
      for (let px = begin; px + width <= stop || px === begin; px += 900) {
        if (px < free || px + width < left || px > right) continue;
        free = px + width + 2;
        const [c, k] = [`diagram-epoch-${epochToken(value)}`, `${node}-${from}-${Math.round(px - begin)}`];
        shapes.push({ t: "rect", k: `t${k}`, c: `diagram-tag ${c}`, x: round(px), y, w: width, h: 10 });
        shapes.push({ t: "text", k: `u${k}`, c: `diagram-tag-text ${c}`, x: round(px + 3), y: y + 8, s: value.text });
      }
    }
  });
  return shapes;
}

function looks(scene: Scene): Shape[] {
  const { track, places: { lane }, first, last, x, end, left, right } = scene;
  const paths = new Paths();
  track.looks.forEach((spans, node) => {
    const y = lane(node);
    seenSpans(scene, spans, (begin, stop, { from, to, value }) => {
      switch (value) {
        case "down":
        case "paused":
        case "halted":
          paths.add(`diagram-${value}`, box(begin, y - 8, stop - begin, 16));
          break;
        case "primary":
          paths.add("diagram-primary", box(begin, y - 3, stop - begin, 6));
          break;
        case "serving": {
          for (const epoch of within(track.epochs[node]!, Math.max(from, first), Math.min(to, last))) {
            const [a, b] = [Math.max(begin, x(epoch.from)), Math.min(stop, end(epoch.to))];
            if (b > a) paths.add(`diagram-serving diagram-epoch-${epochToken(epoch.value)}`, box(a, y - 4, b - a, 8));
          }
          break;
        }
        case "candidate":
        case "follower":
          paths.add(`diagram-${value}`, `M${round(begin)} ${y}H${round(stop)}`);
          break;
      }
    });
  });
  if (track.ground.fenced) {
    paths.add("diagram-resource", `M${left} ${lane(track.resource) - 2}H${right}m0 4H${left}`);
  }
  return paths.shapes("looks");
}

/** A lease is a bar under the lane, as high as what is left of it. */
function leases(scene: Scene): Shape[] {
  const { track, places: { lane }, pitch } = scene;
  if (pitch < 1 && scene.rough === true) return [];
  const paths = new Paths();
  track.leases.forEach((spans, node) => {
    const base = lane(node) + BAND + 9;
    seenSpans(scene, spans, (begin, stop, { value }) => {
      const high = Math.max(1.5, (value / track.longest) * 7.5);
      paths.add("diagram-lease", box(begin, base - high, stop - begin, high));
      paths.add("diagram-lease-base", `M${round(begin)} ${base}H${round(stop)}`);
    });
  });
  return paths.shapes("leases");
}

// ---- what happens ------------------------------------------------------------------------------------------

function arrows(scene: Scene): Shape[] {
  const { track, places: { lane }, first, last, x, tint, cone, pitch } = scene;
  const paths = new Paths();
  const coarse = pitch < COARSE;
  if (coarse && scene.rough === true) return [];
  const fine = coarse ? "diagram-fine " : "";
  const seen = new Set<number>();
  const { arrows } = track;
  const begin = arrowsFrom(track, first);
  const stride = coarse ? Math.max(1, Math.ceil((arrowsFrom(track, last + 1) - begin) / ARROWS)) : 1;
  for (let index = begin; index < arrows.length; index += stride) {
    const { sent, at, from, to, answer, lost } = arrows[index]!;
    if (sent > last) continue;
    const [x0, y0, x1, y1] = [x(sent), lane(from), x(at), lane(to)];
    if (coarse) {
      const key = ((Math.round(x0 / 3) * 4096 + (Math.round(x1 / 3) % 4096)) * 16 + from) * 16 + to;
      if (seen.has(key)) continue;
      seen.add(key);
    }
    const tie = cone === null || tint(sent) === tint(at) ? tint(at) : mixed(cone, sent, at);
    const c = lost ? "lost" : answer ? "answer" : "request";
    const part = lost ? lostAt(from, to) : 1;
    line(paths, `diagram-arrow ${fine}diagram-${c}${tie}`, x0, y0, x0 + (x1 - x0) * part, y0 + (y1 - y0) * part, coarse || lost);
    if (!coarse && !lost) head(paths, `diagram-head diagram-${c}${tie}`, x0, y0, x1, y1);
  }
  return [...paths.shapes("arrows"), ...inFlight(scene)];
}

/** Of a message between two steps with different ties: it belongs to the cone if both its ends do. */
function mixed(cone: Cone, sent: number, at: number): string {
  const [a, b] = [cone.ties[sent], cone.ties[at]];
  if (b === Tie.Self && (a === Tie.Past || sent === 0)) return TINTS[Tie.Past]!;
  if (b === Tie.Past && sent === 0) return TINTS[Tie.Past]!;
  if (a === Tie.Self && b === Tie.Future) return TINTS[Tie.Future]!;
  return TINTS[Tie.Concurrent]!;
}

/** Arrows are in the order of their arrival. */
function arrowsFrom(track: Track, first: number): number {
  let [low, high] = [0, track.arrows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (track.arrows[middle]!.at >= first) high = middle;
    else low = middle + 1;
  }
  return low;
}

const SHORT = 7;

function line(paths: Paths, c: string, x0: number, y0: number, x1: number, y1: number, whole: boolean): void {
  const length = Math.hypot(x1 - x0, y1 - y0);
  const keep = whole || length < 2 * SHORT ? 1 : 1 - SHORT / length;
  paths.add(c, `M${round(x0)} ${round(y0)}L${round(x0 + (x1 - x0) * keep)} ${round(y0 + (y1 - y0) * keep)}`);
}

function head(paths: Paths, c: string, x0: number, y0: number, x1: number, y1: number): void {
  const length = Math.hypot(x1 - x0, y1 - y0);
  if (length < 2 * SHORT) return;
  const [ux, uy] = [(x1 - x0) / length, (y1 - y0) / length];
  const [tx, ty] = [x1 - ux * 5.5, y1 - uy * 5.5];
  const [bx, by] = [tx - ux * 7, ty - uy * 7];
  const corner = (side: number): string => `${round(bx - uy * 3 * side)} ${round(by + ux * 3 * side)}`;
  paths.add(c, `M${corner(1)}L${round(tx)} ${round(ty)}L${corner(-1)}z`);
}

/** Messages that have not arrived: a beginning of their way, toward who shall receive them. */
function inFlight(scene: Scene): Shape[] {
  const { places: { lane }, first, last, x, stubs, pitch, cone } = scene;
  const paths = new Paths();
  const reach = Math.max(34, Math.min(70, pitch * 2));
  for (const { sent, from, to } of stubs) {
    if (sent < first - 8 || sent > last || pitch < COARSE) continue;
    const [x0, y0, y1] = [x(sent), lane(from), lane(to)];
    const [x1, y2] = [x0 + reach, y0 + Math.sign(y1 - y0) * Math.min(Math.abs(y1 - y0) - 12, 30)];
    const tie = cone === null ? "" : TINTS[cone.ties[sent] === Tie.Self ? Tie.Future : Tie.Concurrent]!;
    paths.add(`diagram-arrow diagram-stub${tie}`, `M${round(x0)} ${round(y0)}L${round(x1)} ${round(y2)}`);
    const angle = Math.atan2(y2 - y0, x1 - x0);
    const barb = (turn: number): string =>
      `${round(x1 - 6 * Math.cos(angle + turn))} ${round(y2 - 6 * Math.sin(angle + turn))}`;
    paths.add(`diagram-arrow diagram-barb${tie}`, `M${barb(0.5)}L${round(x1)} ${round(y2)}L${barb(-0.5)}`);
  }
  return paths.shapes("flight");
}

const ORDER: Record<Style, number> = { hollow: 0, solid: 1, bad: 2 };

function marks(scene: Scene): Shape[] {
  const { track, places: at, first, last, mode, zoom, tint, pitch } = scene;
  const paths = new Paths();
  const columns = new Set<number>();
  for (let step = Math.max(1, first); step <= last; step++) {
    const event = track.events[step - 1]!;
    if (event.kind === "pass" && event.broken === null) continue;
    const { x: px, y } = markOf(track, mode, zoom, at, step);
    if (pitch < COARSE) {
      const column = Math.round(px * (pitch < 1 ? 0.4 : 1)) * 16 + track.marks[step - 1]!.lane;
      if (columns.has(column) && event.broken === null) continue;
      columns.add(column);
      paths.add(`diagram-stroke${event.broken === null ? tint(step) : ""}`, `M${round(px)} ${y - 5}v10`);
      continue;
    }
    const glyph = glyphOf(event);
    paths.add(`diagram-mark diagram-${glyph.style}${tint(step)}`, `M${round(px)} ${round(y)}${glyph.rest}`);
    if (tint(step) === TINTS[Tie.Self]) paths.add("diagram-ring", `M${round(px)} ${round(y)}${RING}`);
  }
  const rank = (shape: Shape): number => ORDER[/diagram-(solid|hollow|bad)/.exec(shape.c)?.[1] as Style] ?? 3;
  return paths.shapes("marks").sort((a, b) => rank(a) - rank(b));
}

const RING = "m-10 0a10 10 0 1 0 20 0a10 10 0 1 0 -20 0z";

/** Where the mark of a step is in the whole picture. */
export function markOf(track: Track, mode: Mode, zoom: number, at: Places, step: number): { x: number; y: number } {
  const { lane, toward, row } = track.marks[step - 1]!;
  const x = xOf(track, mode, zoom, step);
  if (toward === null) return { x, y: at.lane(lane) + row * FAULT_ROW };
  // A lost message ends where its line does.
  const arrow = track.arrows[arrowsFrom(track, step)];
  const from = arrow !== undefined && arrow.at === step ? xOf(track, mode, zoom, arrow.sent) : x;
  const part = lostAt(lane, toward);
  return { x: from + (x - from) * part, y: at.lane(lane) + (at.lane(toward) - at.lane(lane)) * part };
}

function commits(scene: Scene): Shape[] {
  const { track, places: { lane }, first, last, x, pitch } = scene;
  const paths = new Paths();
  const texts: Shape[] = [];
  for (const { step, lane: at, acked } of track.commits) {
    if (step < first || step > last || at === FAULTS) continue;
    const [px, y] = [round(x(step)), lane(at) - BAND];
    paths.add("diagram-flag", `M${px} ${y}v-13l9 3.5l-9 3.5`);
    if (pitch >= COARSE) texts.push({ t: "text", k: `c${step}`, c: "diagram-flag-text", x: px + 10, y: y - 5, s: `${acked}` });
  }
  return [...paths.shapes("flags"), ...texts];
}

let slotsOf: { track: Track; steps: number; mode: Mode; zoom: number; slots: Uint8Array } | null = null;

function slots({ track, mode, zoom, rough, first, last }: Scene): Uint8Array {
  if (rough === true) return labelSlots(track, mode, zoom, Math.max(1, first - 60), last);
  const steps = track.steps;
  if (slotsOf?.track !== track || slotsOf.steps !== steps || slotsOf.mode !== mode || slotsOf.zoom !== zoom) {
    slotsOf = { track, steps, mode, zoom, slots: labelSlots(track, mode, zoom) };
  }
  return slotsOf.slots;
}

function labels(scene: Scene): Shape[] {
  const { track, places: { lane }, first, last, x, tint, pitch } = scene;
  if (pitch < COARSE) return [];
  const shapes: Shape[] = [];
  const sides = slots(scene);
  // The words of a violation lie over what ends beside it.
  const beyond = track.broken === null ? Infinity : x(track.broken) + 14;
  const under = track.broken === null ? -1 : calloutOf(track).bottom + 12;
  for (let step = Math.max(1, first); step <= last; step++) {
    const side = sides[step]!;
    if (side === 0) continue;
    const event: EventView = track.events[step - 1]!;
    const y = lane(track.marks[step - 1]!.lane) + (side === 1 ? -BAND - 4 : BAND + 21);
    const px = round(x(step) - 3 + (side === 1 ? track.leadOf(step) : 0));
    if (y < under && px + widthOf(event.label) > beyond) continue;
    shapes.push({ t: "text", k: `l${step}`, c: `diagram-label${tint(step)}`, x: px, y, s: cut(event.label) });
  }
  return shapes;
}

// ---- what goes wrong ---------------------------------------------------------------------------------------

function faults(scene: Scene): Shape[] {
  const { track, places: { faults: top }, first, last, x, end, left, right, words } = scene;
  const paths = new Paths();
  const texts: Shape[] = [];
  const free: number[] = [];
  const seen = (span: Span<unknown> | Fault): boolean => span.to >= first && span.from <= last;
  const next = nextInRow(track, x);
  const filled: number[] = [];
  track.faults.forEach((fault, index) => {
    if (!seen(fault)) return;
    const y = top + fault.row * FAULT_ROW;
    const begin = Math.max(left - 4, x(fault.from));
    const point = fault.from === fault.to;
    const stop = point ? begin : Math.min(right + 4, end(fault.to));
    if (stop - (filled[fault.row] ?? -1e9) < 3) return;
    filled[fault.row] = stop;
    if (point) paths.add("diagram-mark diagram-bad", `M${round(begin)} ${y + 8}${pointGlyph(fault)}`);
    else paths.add(`diagram-fault diagram-fault-${fault.kind}`, box(begin, y + 1, Math.max(2, stop - begin), 13));
    const at = begin + (point || fault.kind === "partition" ? 9 : 5);
    const room = next[index]! - 4 - at;
    const fits = Math.floor(room / 6.2);
    if (fits < 4 || at < (free[fault.row] ?? -1e9)) return;
    const text = words.fault(fault);
    const s = text.length <= fits ? text : `${text.slice(0, Math.max(1, fits - 1))}…`;
    free[fault.row] = at + s.length * 6.2;
    texts.push({ t: "text", k: `f${index}`, c: "diagram-fault-text", x: round(at), y: y + 11.5, s });
  });
  return [...paths.shapes("faults"), ...texts];
}

/** For each fault, where the next of its row begins. */
function nextInRow(track: Track, x: (step: number) => number): number[] {
  const next: number[] = [];
  const begins: number[] = [];
  for (let index = track.faults.length - 1; index >= 0; index--) {
    const { row, from } = track.faults[index]!;
    next[index] = begins[row] ?? Infinity;
    begins[row] = x(from);
  }
  return next;
}

function pointGlyph(fault: Fault): string {
  return fault.kind === "drop" ? "m-4 -4l8 8m0 -8l-8 8" : "m0 -5.5l6 10.5h-12zm0 3.5v3.6m0 1.6v.6";
}

function calloutOf(track: Track): { lines: string[]; high: number; bottom: number } {
  const lines = wrap(track.events[track.broken! - 1]!.broken!.why, 46, 6);
  const high = 34 + lines.length * 15;
  return { lines, high, bottom: AXIS + 6 + high };
}

function violation(scene: Scene): Shape[] {
  const { track, places: { height, axis }, x, last, words } = scene;
  const step = track.broken;
  if (step === null || step > last) return [];
  const { broken } = track.events[step - 1]!;
  const px = round(x(step));
  const at = markOf(track, scene.mode, scene.zoom, scene.places, step);
  const [cx, cy] = [round(at.x), round(at.y)];
  const { lines, high } = calloutOf(track);
  const left = px + 20;
  const ring = (r: number): string => `M${cx - r} ${cy}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`;
  return [
    { t: "path", k: "v0", c: "diagram-broken-line", d: `M${px - 2} ${axis}V${height}M${px + 2} ${axis}V${height}` },
    { t: "path", k: "v1", c: "diagram-broken-ring", d: ring(10) + ring(14) },
    { t: "path", k: "v2", c: "diagram-broken-mark", d: `M${cx} ${cy}m-5 -5l10 10m0 -10l-10 10` },
    { t: "rect", k: "v3", c: "diagram-broken-box", x: left, y: axis + 6, w: CALLOUT, h: high },
    { t: "rect", k: "v4", c: "diagram-broken-box-in", x: left + 3, y: axis + 9, w: CALLOUT - 6, h: high - 6 },
    { t: "text", k: "v5", c: "diagram-broken-name", x: left + 12, y: axis + 27, s: words.violated(broken!.invariant) },
    ...lines.map((s, row): Shape => ({
      t: "text", k: `w${row}`, c: "diagram-broken-why", x: left + 12, y: axis + 45 + row * 15, s,
    })),
  ];
}

/** Lines of at most so many characters; what is too much ends in an ellipsis. */
export function wrap(text: string, most: number, lines: number): string[] {
  const out: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > most) {
      out.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  out.push(line);
  if (out.length <= lines) return out;
  return [...out.slice(0, lines - 1), `${out[lines - 1]!} …`];
}
