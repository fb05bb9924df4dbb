/**
 * The causal cone of an event: what can have had to do with it, and with what it can have to do.
 *
 * Program order and messages are the edges: an event follows the one before it on the same machine, and the one that
 * sent its message; what reaches the resource follows the last that reached it and the step that sent it there. Time
 * and links connect nothing: that they pass or are cut is no news to a machine.
 */
import type { EventView } from "../api/types";
import { FAULTS, type Track } from "./layout";

/** To the event in question, of each step. */
export const Tie = {
  /** Has no part in causality: time, links. */
  None: 0,
  Past: 1,
  Self: 2,
  Future: 3,
  Concurrent: 4,
} as const;

export interface Cone {
  step: number;
  ties: Uint8Array;
  past: number;
  future: number;
  concurrent: number;
}

/** The processes on which an event is, and the step that sent what it received. */
interface Edges {
  on: number[];
  sent: number | null;
}

function edges(track: Track, step: number, sentBy: ReadonlyMap<number, number>): Edges {
  const { lane, toward } = track.marks[step - 1]!;
  const { place, letter }: EventView = track.events[step - 1]!;
  const sent = sentBy.get(step) ?? (letter === null ? null : (track.stepOfMoment(letter.sent) ?? null));
  // A message that is lost or doubled is so on its way: no machine takes part.
  if (toward !== null || track.events[step - 1]!.kind === "duplicate") return { on: [], sent };
  if (lane === FAULTS) return { on: [], sent: null };
  // The node that fences or loads hears the answer at once; a write that lands is on its way by itself.
  if (place.kind === "resource" && sent === null) return { on: [lane, place.from], sent };
  return { on: [lane], sent };
}

/** Null for a step without a part in causality. */
export function cone(track: Track, step: number): Cone | null {
  if (step < 1 || step > track.steps) return null;
  const landed = track.arrows.filter((arrow) => arrow.to === track.resource && arrow.sent !== arrow.at);
  const sentBy = new Map(landed.map((arrow) => [arrow.at, arrow.sent]));
  const all: Edges[] = [{ on: [], sent: null }];
  for (let at = 1; at <= track.steps; at++) all.push(edges(track, at, sentBy));
  const has = ({ on, sent }: Edges): boolean => on.length > 0 || sent !== null;
  if (!has(all[step]!)) return null;
  const ties = new Uint8Array(track.steps + 1);
  for (let at = 1; at <= track.steps; at++) ties[at] = has(all[at]!) ? Tie.Concurrent : Tie.None;
  markPast(all, ties, step);
  markFuture(all, ties, step);
  ties[step] = Tie.Self;
  const count = (tie: number): number => ties.reduce((sum, one) => sum + (one === tie ? 1 : 0), 0);
  return { step, ties, past: count(Tie.Past), future: count(Tie.Future), concurrent: count(Tie.Concurrent) };
}

function markPast(all: Edges[], ties: Uint8Array, step: number): void {
  const processes = new Set<number>();
  const senders = new Set<number>();
  for (let at = step; at >= 1; at--) {
    const { on, sent } = all[at]!;
    const touched = at === step || senders.has(at) || on.some((process) => processes.has(process));
    if (!touched || ties[at] === Tie.None) continue;
    for (const process of on) processes.add(process);
    if (sent !== null) senders.add(sent);
    ties[at] = Tie.Past;
  }
}

function markFuture(all: Edges[], ties: Uint8Array, step: number): void {
  const processes = new Set<number>(all[step]!.on);
  for (let at = step + 1; at < all.length; at++) {
    const { on, sent } = all[at]!;
    const follows = sent !== null && (sent === step || ties[sent] === Tie.Future);
    if (!follows && !on.some((process) => processes.has(process))) continue;
    for (const process of on) processes.add(process);
    ties[at] = Tie.Future;
  }
}
