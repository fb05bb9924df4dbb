/**
 * What the nodes of a cluster are called where it was drawn. A model only numbers them, so the page keeps their names
 * beside it: for every session of this one cluster, whatever its bounds and rules, and for no other.
 */
import { computed, signal } from "@preact/signals";
import type { Model, NodeIndex } from "../api/types";
import { remember, remembered } from "../shell/settings";
import { about } from "./store";
import { texts } from "./text";

const text = texts({ en: { drawn: "{node} is {name} of the designer" }, bg: { drawn: "{node} е {name} от проектанта" } });

export interface Names {
  /** The cluster, as its model has it. */
  of: string;
  /** By number of the node. */
  names: string[];
}

/** As long as the core lets a name be. */
const LONGEST = 24;

const clusterOf = ({ name, nodes, cluster }: Model): string => JSON.stringify([name, nodes, cluster]);

/** The names that were kept; null if they are none. */
export function readNames(kept: string | null): Names | null {
  try {
    const { of, names } = JSON.parse(kept ?? "null") as Partial<Names>;
    const whole = typeof of === "string" && Array.isArray(names) && names.every((one) => typeof one === "string" && one.length <= LONGEST);
    return whole ? { of, names } : null;
  } catch {
    return null;
  }
}

const kept = signal(readNames(remembered("names")));

/** Keeps what the nodes of a model are called, in place of the names that were kept before. */
export function keepNames(model: Model, names: string[]): void {
  kept.value = { of: clusterOf(model), names };
  remember("names", JSON.stringify(kept.value));
}

const names = computed<string[]>(() => {
  const open = about.value;
  return open !== null && kept.value?.of === clusterOf(open.model) ? kept.value.names : [];
});

/** The name of a node of the model at hand where it was drawn; null if it was not, or is called the same. */
export function drawnName(node: NodeIndex): string | null {
  const name = names.value[node];
  return name === undefined || name === about.value?.nodes[node]?.name ? null : name;
}

/** Which node of the designer it is, as a sentence. */
export function drawnAs(node: NodeIndex): string | undefined {
  const name = drawnName(node);
  return name === null ? undefined : text("drawn", { node: about.value!.nodes[node]!.name, name });
}
