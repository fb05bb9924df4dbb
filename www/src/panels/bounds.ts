/** The bounds of a search: where they come from, and how they are edited. */
import { catalogue, Session } from "../api/core";
import { reason } from "../api/reason";
import type { CatalogueEntry, Model, Scope, View } from "../api/types";

/** The bounds that are counts. */
export const COUNTS = [
  "epochs", "writes", "crashes", "reads", "partitions", "pauses", "drops", "duplicates", "flush_failures", "switchovers",
  "losses", "poweroffs", "compactions", "suspends", "doubts",
] as const;
export type Count = (typeof COUNTS)[number];

/** Those that are always in sight. */
export const MAIN: readonly Count[] = ["epochs", "writes", "crashes", "partitions"];

/** The largest number that can be entered. */
export const MOST: Record<Count, number> = {
  epochs: 200, writes: 60, reads: 60, crashes: 255, partitions: 255, pauses: 255, drops: 255, duplicates: 255, flush_failures: 255,
  switchovers: 255, losses: 255, poweroffs: 255, compactions: 255, suspends: 255, doubts: 255,
};

const NOTHING = new Set(["null", "false", "0", "[]", "{}"]);

/** Key order does not matter, nor does a field that is left out beside one that is empty, false or zero. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value ?? null);
  const parts = Object.entries(value).map(([key, one]): [string, string] => [key, canonical(one)]).filter(([, one]) => !NOTHING.has(one));
  return `{${parts.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, one]) => `${key}:${one}`).join()}}`;
}

function shape(model: Model): string {
  return canonical({ cluster: model.cluster, nodes: model.nodes, node: model.node ?? {}, changes: model.changes ?? [] });
}

/** Whether two models differ in name only. */
export function sameModel(one: Model, other: Model): boolean {
  return canonical({ ...one, name: "" }) === canonical({ ...other, name: "" });
}

/** The bundled models of the same cluster and nodes. */
export function bundled(model: Model): CatalogueEntry[] {
  const wanted = shape(model);
  return catalogue().filter((entry) => shape(entry.model) === wanted);
}

/** The bundled model that this one is up to its name and the driver of its bounds; its number of states is known. */
export function recorded(model: Model): CatalogueEntry | null {
  return bundled(model).find((entry) => sameModel(entry.model, model)) ?? null;
}

/** Bounds as wide as those in which one plays: a search in them would hardly end. */
export function isWide(scope: Scope): boolean {
  return COUNTS.some((count) => (scope[count] ?? 0) > 8);
}

/** Of several bundled models, the one whose bounds are taken: the largest that is exhausted within the cap; if there is
 * none, the one that breaks soonest. */
export function usual(entries: CatalogueEntry[], cap: number): CatalogueEntry | null {
  const within = entries.filter((entry) => entry.broken === null && entry.floor <= cap);
  const tour = within.filter((entry) => entry.suite === "tour");
  const [best] = (tour.length > 0 ? tour : within).sort((a, b) => b.floor - a.floor);
  const [soonest] = entries.filter((entry) => entry.broken !== null).sort((a, b) => a.broken!.steps - b.broken!.steps);
  return best ?? soonest ?? null;
}

/** Bounds for a model that is not bundled: one failover, which takes two epochs. Where it has to be exhausted in a page,
 * without a crash; where nodes have clocks, with all that a primary's timers do. */
export function small(model: Model): Scope {
  const { scope } = model;
  const timed = scope.rates !== undefined && scope.rates !== null;
  const crowd = model.nodes > 3 || timed;
  const bounds: Scope = { epochs: 2, crashes: crowd ? 0 : 1, network: "any", driver: "blocking" };
  if ((scope.writes ?? 0) > 0) bounds.writes = 1;
  if ((scope.reads ?? 0) > 0) bounds.reads = 1;
  if (timed) {
    bounds.rates = scope.rates!;
    bounds.beats = true;
  }
  return bounds;
}

// ---- from here ------------------------------------------------------------------------------------------

/** How much of each bound what led to a moment has used. */
export function spent(view: View, scope: Scope): Record<Count, number> {
  const left = new Map(view.budgets.map((budget) => [budget.name, budget.left]));
  const used = (count: Count): number => {
    const all = scope[count] ?? 0;
    return Math.max(0, all - (left.get(count) ?? all));
  };
  return Object.fromEntries(COUNTS.map((count) => [count, used(count)])) as Record<Count, number>;
}

/** How much more of each there may be, at first. */
export function further(scope: Scope, used: Record<Count, number>): Record<Count, number> {
  const most = (count: Count, more: number): number => Math.max(0, Math.min(more, (scope[count] ?? 0) - used[count]));
  const none = Object.fromEntries(COUNTS.map((count) => [count, 0])) as Record<Count, number>;
  return { ...none, epochs: most("epochs", 1), writes: most("writes", 1), crashes: most("crashes", 1) };
}

/** The bounds of a model in words, or why there is no such model. */
export function words(model: Model): { bounds: string } | { error: string } {
  try {
    const session = Session.open(model);
    const { bounds } = session.about;
    session.close();
    return { bounds };
  } catch (error) {
    return { error: reason(error) };
  }
}
