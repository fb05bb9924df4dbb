/** Two configurations on the same choices, step by step. */
import { computed, signal } from "@preact/signals";
import { catalogue, Session } from "../api/core";
import type { Model, MomentId, View } from "../api/types";
import { sandbox } from "../state/start";
import { about, current, moment, path, session } from "../state/store";
import { text } from "./text";

export type Right =
  | { kind: "branch"; branch: number; session: Session }
  | { kind: "model"; name: string; off: string[] };

/** `same`: the model of the session; otherwise a bundled one. */
export const SAME = "same";

export const right = signal<Right | null>(null);

export interface Other {
  session: Session;
  /** The moments that answer to those of the branch, from the beginning. */
  way: MomentId[];
  /** Why it could not go on; null if it went all the way. */
  stopped: string | null;
  /** Whether it is a session of its own, to be closed. */
  own: boolean;
}

/** The model on the right: in the bounds, on the network and with the disk of the session, so that only what is chosen differs. */
export function rightModel(name: string, off: string[]): Model {
  const here = about.value!.model;
  if (name === SAME) return { ...here, without: off };
  const entry = catalogue().find((one) => one.name === name);
  if (entry === undefined) return { ...here, without: off };
  const wide = sandbox(entry.model);
  const scope = { ...wide.scope };
  for (const key of Object.keys(here.scope) as (keyof typeof scope)[]) {
    const [mine, theirs] = [here.scope[key], scope[key]];
    if (typeof mine === "number") Object.assign(scope, { [key]: Math.max(mine, typeof theirs === "number" ? theirs : 0) });
  }
  scope.network = here.scope.network ?? "any";
  scope.driver = here.scope.driver ?? "pipelined";
  if (scope.network === "any") Object.assign(scope, { drops: 0, duplicates: 0 });
  // Beside a database, a node answers no reads and keeps no log of its own.
  if (entry.model.node?.["external"] === true) Object.assign(scope, { reads: 0, compactions: 0 });
  return { ...entry.model, scope, without: off };
}

/** The other side; throws the sentence of the core if the model is impossible. */
export function other(choice: Right, tip: MomentId): Other | null {
  const open = session.value!;
  if (choice.kind === "branch") return null;
  const next = Session.open(rightModel(choice.name, choice.off));
  const gone = next.walk(0, open.names(tip));
  return { session: next, way: next.path(gone.moment), stopped: gone.stopped, own: true };
}

/** The step at hand, which both sides show. */
export const lockedStep = computed(() => Math.max(0, path.value.indexOf(moment.value)));
export const leftBranch = current;

const digests = new WeakMap<Session, Map<MomentId, string>>();

/** All that is compared of a moment, as one text, whatever the language. */
export function digest(of: Session, at: MomentId): string {
  let known = digests.get(of);
  if (known === undefined) digests.set(of, (known = new Map()));
  let found = known.get(at);
  if (found === undefined) {
    const seen = of.view(at);
    found = JSON.stringify([seen.nodes.map((node) => node.facts), seen.client.acked, seen.broken, seen.resource, onTheirWay(seen)]);
    known.set(at, found);
  }
  return found;
}

/** Every message that is on its way, as often as it is. */
const onTheirWay = (view: View): string[] => view.letters.flatMap(({ name, copies }) => Array<string>(copies).fill(name)).sort();

export interface Group {
  title: string;
  facts: [string, string][];
}

/** What is compared: every machine, what is around, and the verdict. */
export function compared(view: View): Group[] {
  const nodes = view.nodes.map((node) => ({ title: `n${node.index}`, facts: node.facts }));
  const around: [string, string][] = [
    [text("a-acked"), String(view.client.acked)],
    [text("a-messages"), onTheirWay(view).join("; ") || "–"],
    [text("verdict"), view.broken === null ? text("all-hold-short") : `${view.broken.invariant}: ${view.broken.why}`],
  ];
  if (view.resource !== null) around.push([text("a-resource"), text("a-tokens", { installed: view.resource.installed.text, loaded: view.resource.loaded.text })]);
  return [...nodes, { title: text("around"), facts: around }];
}

/** The first step at which the two stand differently; null if they never do as far as both go. */
export function firstDifference(left: Session, path: MomentId[], other: Other): number | null {
  for (let step = 0; step < Math.min(path.length, other.way.length); step += 1) {
    if (digest(left, path[step]!) !== digest(other.session, other.way[step]!)) return step;
  }
  return null;
}
