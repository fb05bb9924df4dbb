/** The history of a run, painted on the tape under the cursor: who served under which epoch, what went wrong, where
 * others branched off. A pixel holds one mark of a kind, however long the run is. */
import { epochToken } from "../state/epoch";
import type { Fault, Track } from "./layout";
import type { Shape } from "./paint";

export const TAPE_HEIGHT = 34;
/** The band of those who serve. */
const TOP = 11;
const BOTTOM = 25;

/** A step on a tape of so many pixels. */
export function onTape(step: number, steps: number, width: number): number {
  return steps === 0 ? 0 : (step / steps) * width;
}

const round = (value: number): number => Math.round(value * 10) / 10;
const bar = (x: number, y: number, w: number, h: number): string => `M${round(x)} ${y}h${round(Math.max(1, w))}v${h}h${-round(Math.max(1, w))}z`;

const SIGNS: Partial<Record<Fault["kind"], string>> = {
  crash: "m-2.5 -2.5l5 5m0 -5l-5 5",
  partition: "m-1 -4l2 2.7l-2 2.7l2 2.7",
  pause: "m-1.5 -3v6m3 0v-6",
};

export function tapeOf(track: Track, forks: readonly number[], width: number): Shape[] {
  const { steps } = track;
  const x = (step: number): number => onTape(Math.min(step, steps), steps, width);
  const paths = new Map<string, string[]>();
  const add = (c: string, d: string): void => void (paths.get(c)?.push(d) ?? paths.set(c, [d]));
  const texts: Shape[] = [];
  add("tape-ground", bar(0, TOP, width, BOTTOM - TOP));
  for (const { from, to, value } of track.reigns) {
    const [left, right] = [x(from), x(to)];
    add(`tape-band diagram-epoch-${epochToken(value.epoch)}`, bar(left, TOP, right - left, BOTTOM - TOP));
    const name = value.epoch.text;
    if (right - left > name.length * 7 + 8) {
      texts.push({ t: "text", k: `r${from}`, c: `tape-text diagram-epoch-${epochToken(value.epoch)}`, x: round(left + 5), y: BOTTOM - 4, s: name });
    }
  }
  const taken = new Set<number>();
  for (const fault of track.faults) {
    const left = x(fault.from);
    if (fault.to !== fault.from) {
      const y = fault.kind === "partition" ? 8 : fault.kind === "pause" ? 9 : 10;
      add(fault.kind === "partition" ? "tape-cut" : "tape-out", `M${round(left)} ${y}H${round(Math.max(left + 1, x(fault.to)))}`);
    }
    const key = Math.round(left / 5);
    if (taken.has(key)) continue;
    taken.add(key);
    add("tape-fault", `M${round(left)} 4${SIGNS[fault.kind] ?? "m0 -2v4"}`);
  }
  for (const step of forks) add("tape-fork", `M${round(x(step))} ${BOTTOM + 1}l4 4l-4 4l-4 -4z`);
  if (track.broken !== null) {
    const at = round(x(track.broken));
    add("tape-broken", `M${at - 1.5} 0V${TAPE_HEIGHT}M${at + 1.5} 0V${TAPE_HEIGHT}M${at - 4} ${TOP + 3}l8 8m0 -8l-8 8`);
  }
  return [...Array.from(paths, ([c, d]): Shape => ({ t: "path", k: c, c, d: d.join("") })), ...texts];
}
