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

/** The same cluster and nodes, in wide bounds. */
export function sandbox(model: Model): Model {
  const scope: Scope = { ...model.scope, ...WIDE };
  if ((scope.writes ?? 0) > 0) scope.writes = 40;
  return { ...model, scope };
}

/** What a first visit shows. */
export function start(): Model {
  const failover = catalogue().find((entry) => entry.name === "failover");
  if (failover === undefined) throw new Error("The core has no model named failover.");
  const { model } = failover;
  return sandbox({ ...model, name: "three nodes", scope: { ...model.scope, driver: "blocking" } });
}
