/**
 * The mark of each kind of step: a shape, so that it is told apart without colour.
 *
 * Each is the rest of a path that begins in the middle of the mark, in relative commands only: any number of marks of
 * one style are one path.
 */
import type { ChoiceKind, EventView } from "../api/types";

export type Style = "solid" | "hollow" | "bad";

export interface Glyph {
  style: Style;
  rest: string;
}

const circle = (r: number): string => `m${-r} 0a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`;
const square = (r: number): string => `m${-r} ${-r}h${2 * r}v${2 * r}h${-2 * r}z`;
const diamond = (r: number): string => `m0 ${-r}l${r} ${r}l${-r} ${r}l${-r} ${-r}z`;
const cross = (r: number): string => `m${-r} ${-r}l${2 * r} ${2 * r}m0 ${-2 * r}l${-2 * r} ${2 * r}`;

const solid = (rest: string): Glyph => ({ style: "solid", rest });
const hollow = (rest: string): Glyph => ({ style: "hollow", rest });
const bad = (rest: string): Glyph => ({ style: "bad", rest });

export const ARRIVED = solid(circle(4.5));
export const ANSWERED = hollow(circle(4.5));
export const LOST = bad(cross(4));
/** Two crosses a pixel apart in the eye: the one that broke an invariant. */
export const BROKEN = bad(`${cross(5.5)}`);
const REFUSED = bad(`${circle(5.5)}m2 4l8 -8`);

const GLYPHS: Record<ChoiceKind, Glyph> = {
  deliver: ARRIVED,
  drop: LOST,
  duplicate: hollow(`m-6 -3.5h7v7h-7zm4 3.5v3.5h7v-7h-4`),
  // An hourglass.
  tick: hollow("m-4.5 -5.5h9l-9 11h9z"),
  // A disk.
  flush: solid(square(3.8)),
  "fail-flush": bad(`${square(4.2)}m-1 9.4l10.4 -10.4`),
  crash: bad(cross(5)),
  restart: solid("m-4 -5.5l9.5 5.5l-9.5 5.5z"),
  done: solid(diamond(5.5)),
  report: hollow(diamond(5.5)),
  // A pen that points at the lane.
  write: hollow("m0 6l-5 -5v-6h10v6z"),
  land: solid("m-5.5 -4.5h11l-5.5 10z"),
  // An eye.
  "read-by-lease": hollow("m-7 0q7 -8.5 14 0q-7 8.5 -14 0z"),
  "read-by-quorum": hollow("m-7 0q7 -8.5 14 0q-7 8.5 -14 0z"),
  "read-by-token": hollow("m-7 0q7 -8.5 14 0q-7 8.5 -14 0z"),
  "confirm-read": solid("m-7 0q7 -8.5 14 0q-7 8.5 -14 0z"),
  switchover: hollow("m-7 -3h11v-3l4 4.5l-4 4.5v-3h-11z"),
  "accept-loss": bad("m0 -6l6.5 11.5h-13z"),
  change: hollow("m-3 -5.2h6l3 5.2l-3 5.2h-6l-3 -5.2z"),
  "power-off": bad(`${circle(5)}m5 -7v6`),
  compact: hollow("m-5.5 -5h11m-11 3.4h11m-11 3.4h11m-11 3.4h11"),
  doubt: bad(`${circle(5.5)}m3.6 -1.4q0 -2 2 -2t1.8 2q0 1 -1.8 1.8v1.2`),
  pass: solid("m0 0"),
  partition: bad("m-2 -7l4 4.6l-4 4.6l4 4.6"),
  heal: hollow("m-7 0h14m-4 -4v8m-6 -8v8"),
  pause: bad("m-3 -5v10m6 0v-10"),
  resume: hollow("m-4 -5.5l9.5 5.5l-9.5 5.5z"),
};

export function glyphOf(event: EventView): Glyph {
  if (event.broken !== null) return BROKEN;
  if (event.kind === "deliver" && event.letter?.answer === true) return ANSWERED;
  if (event.kind === "land" && event.changes.some((change) => change.includes("refuses"))) return REFUSED;
  return GLYPHS[event.kind];
}

/** What the legend explains, in the order in which it does. */
export const LEGEND: readonly (readonly [string, Glyph])[] = [
  ["arrived", ARRIVED], ["answered", ANSWERED], ["timer", GLYPHS.tick], ["flushed", GLYPHS.flush],
  ["done", GLYPHS.done], ["write", GLYPHS.write], ["land", GLYPHS.land], ["read", GLYPHS["read-by-lease"]],
  ["refused", REFUSED], ["lost", LOST], ["crash", GLYPHS.crash], ["restart", GLYPHS.restart],
  ["pause", GLYPHS.pause], ["doubt", GLYPHS.doubt],
];
