/**
 * Models as they are played with: a bundled model whose bounds are wide and whose network counts its messages, so that
 * each can be picked, dropped and doubled by hand. A search is made in the narrow bounds of the bundled model.
 */
import { catalogue } from "../api/core";
import type { Model, Scope } from "../api/types";

/** Bounds in which a person hardly meets an end. */
export const WIDE = {
  epochs: 40,
  crashes: 30,
  drops: 60,
  duplicates: 60,
  partitions: 30,
  pauses: 30,
  switchovers: 20,
  network: "counted",
  refusals: true,
  beats: true,
} satisfies Partial<Scope>;

/** With more machines than this, the ways in which time passes while one of them is suspended are too many to list. */
const SUSPENDED = 5;

/** Whether its nodes are set up with a lease. */
export function leased({ node }: Model): boolean {
  const { lease, leases } = node ?? {};
  return (lease ?? null) !== null || (Array.isArray(leases) && leases.length > 0);
}

/** Whether its nodes keep a log of what clients write. */
export const keepsLog = ({ cluster }: Model): boolean => ((cluster as { acks?: unknown }).acks ?? null) !== null;

/** Whether a database beside each node keeps the log, and answers the reads. */
export const external = ({ node }: Model): boolean => node?.["external"] === true;

export const blocking = ({ scope }: Model): boolean => scope.driver === "blocking";

/** Bounds of what only some models can do; the core refuses others, or they would never be offered. */
function fitting(model: Model): Partial<Scope> {
  const { nodes, scope, without } = model;
  const more: Partial<Scope> = {};
  if ((scope.writes ?? 0) > 0) more.writes = 40;
  if (!external(model) && (keepsLog(model) || leased(model))) more.reads = 40;
  if (!blocking(model)) more.flush_failures = 20;
  if (leased(model)) more.doubts = 20;
  if (Array.isArray(scope.rates) && nodes <= SUSPENDED) {
    more.suspends = 60;
    // Where drivers do not count it, it goes unnoticed: that is what such a model shows.
    if (!(without ?? []).includes("clock-counts-suspend")) more.noticed = true;
  }
  return more;
}

/** The same cluster and nodes, in wide bounds. */
export function sandbox(model: Model): Model {
  return { ...model, scope: { ...model.scope, ...WIDE, ...fitting(model) } };
}

function bundled(name: string): Model {
  const entry = catalogue().find((one) => one.name === name);
  if (entry === undefined) throw new Error(`The core has no model named ${name}.`);
  return entry.model;
}

/** What a first visit shows. */
export function start(): Model {
  const model = bundled("failover");
  return sandbox({ ...model, name: "three nodes", scope: { ...model.scope, driver: "blocking" } });
}

/** Three nodes with all that can go wrong: clocks, a lease that lasts two ticks, a resource that is fenced, slow disks. */
export function startLeased(): Model {
  const model = bundled("lease-fence");
  const lease = { ...(model.node?.["lease"] as object), hold: 2, grant: 4 };
  return sandbox({
    ...model, name: "three nodes with a lease and a fenced resource",
    node: { ...model.node, lease }, scope: { ...model.scope, driver: "pipelined" },
  });
}
