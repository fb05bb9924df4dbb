/** What only the stage knows: the order in which messages are to come, the rates of the clocks, the menu that is open. */
import { computed, effect, signal } from "@preact/signals";
import type { LetterId, LetterView, NodeIndex, View } from "../api/types";
import { about, session, view } from "../state/store";

export type Target =
  | { kind: "node"; node: NodeIndex }
  | { kind: "letter"; letter: LetterId }
  | { kind: "resource" }
  | { kind: "clients" };

/** The menu that is open, and where. */
export const menu = signal<{ target: Target; x: number; y: number } | null>(null);
/** Whether the dialog for cutting the network is open. */
export const cutting = signal(false);
/** What is said on the stage besides the last step: a refusal, a hint. */
export const notice = signal<string | null>(null);

export type Rate = "slow" | "fast" | "stopped";
/** Rates that were set by hand; every other clock is slow. */
export const rates = signal<ReadonlyMap<NodeIndex, Rate>>(new Map());

/** Places in the order of arrival that were changed by hand. */
const ranks = signal<ReadonlyMap<LetterId, number>>(new Map());

const rank = (letter: LetterView): number => ranks.value.get(letter.id) ?? letter.id;

/** Every message, in the order in which they are to arrive at their receivers. */
export const queue = computed<LetterView[]>(() =>
  [...(view.value?.letters ?? [])].sort((a, b) => a.to - b.to || rank(a) - rank(b)));

export const inbox = (node: NodeIndex): LetterView[] => queue.value.filter(({ to }) => to === node);

/** Lets a message change places with its neighbour; whether there was one. */
export function move(id: LetterId, by: -1 | 1): boolean {
  const letter = queue.value.find((one) => one.id === id);
  if (letter === undefined) return false;
  const list = inbox(letter.to);
  const other = list[list.indexOf(letter) + by];
  if (other === undefined) return false;
  ranks.value = new Map([...ranks.value, [letter.id, rank(other)], [other.id, rank(letter)]]);
  return true;
}

/** Ticks of the slow and the fast rate, and whether a clock may stand still; null where no time passes. */
export const pace = computed<{ slow: number; fast: number; stops: boolean } | null>(() => {
  const open = about.value;
  if (open === null || !open.timed) return null;
  const [slow, fast] = open.model.scope.rates ?? [1, 1];
  const { suspends, noticed } = open.model.scope;
  return { slow, fast, stops: (suspends ?? 0) > 0 && (noticed === true || open.off.includes("clock-counts-suspend")) };
});

/** What the clock of a machine counts when time passes, if the model lets it. */
export function rateOf(node: NodeIndex): number {
  const known = pace.value;
  if (known === null) return 0;
  const rate = rates.value.get(node) ?? "slow";
  return rate === "stopped" ? 0 : known[rate];
}

/** The rates of a clock that can be set, from slow to fast. */
export function ratesOffered(): Rate[] {
  const known = pace.value;
  if (known === null) return [];
  const moving: Rate[] = known.slow === known.fast ? ["slow"] : ["slow", "fast"];
  return known.stops ? ["stopped", ...moving] : moving;
}

export function setRate(node: NodeIndex, rate: Rate): void {
  rates.value = new Map([...rates.value, [node, rate]]);
}

/** Makes a clock faster or slower. */
export function turn(node: NodeIndex, by: -1 | 1): void {
  const offered = ratesOffered();
  const at = offered.indexOf(rates.value.get(node) ?? "slow");
  const next = offered[Math.max(0, Math.min(offered.length - 1, at + by))];
  if (next !== undefined) setRate(node, next);
}

/** Who acts as primary: one that serves before one that does not, the newest first. */
export function primaryOf(shown: View): NodeIndex | null {
  const leading = shown.nodes.filter(({ role }) => role === "primary");
  leading.sort((a, b) =>
    Number(b.serving) - Number(a.serving) || b.epoch.generation - a.epoch.generation || b.epoch.term - a.epoch.term);
  return leading[0]?.index ?? null;
}

let last = session.peek();
effect(() => {
  const now = session.value;
  if (now === last) return;
  last = now;
  ranks.value = new Map();
  rates.value = new Map();
  menu.value = null;
  notice.value = null;
  cutting.value = false;
});
