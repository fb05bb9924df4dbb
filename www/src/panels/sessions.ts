/** Going from one model to another without losing what was tried. */
import { batch } from "@preact/signals";
import { Session } from "../api/core";
import type { Model, MomentId } from "../api/types";
import { addBranch, branch, branches, moment, parked, session, show, standing, view } from "../state/store";

/** Keeps the session at hand with all its branches; the first one left is the one to return to. */
export function park(): void {
  if (parked.value === null) parked.value = standing();
}

export interface Parting {
  /** The last step that both made. */
  step: number;
  /** Why the other could not go on; null if it could, but stood differently afterwards. */
  why: string | null;
}

/** Where the same choices lead elsewhere, on the path to `tip`. */
export function parting(one: Session, tip: MomentId, other: Session, way: MomentId[], stopped: string | null): Parting | null {
  const path = one.path(tip);
  for (let step = 0; step < Math.min(path.length, way.length); step += 1) {
    if (!standsAlike(one, path[step]!, other, way[step]!)) return { step: Math.max(0, step - 1), why: null };
  }
  return stopped === null ? null : { step: way.length - 1, why: stopped };
}

/** Whether machines and verdict are the same at two moments. */
export function standsAlike(one: Session, at: MomentId, other: Session, there: MomentId): boolean {
  const [a, b] = [one.view(at), other.view(there)];
  const facts = (view: typeof a): string => JSON.stringify([view.nodes.map((node) => node.facts), view.resource, view.broken?.invariant ?? null]);
  return facts(a) === facts(b);
}

/** Opens the model in place of the one at hand and goes all branches again, as far as each is possible. */
export function reopen(model: Model): { parted: Parting | null } {
  const old = session.value!;
  const lines = branches.value.map((one) => ({ ...one, names: old.names(one.tip) }));
  const current = lines.find((one) => one.id === branch.value) ?? lines[0]!;
  const step = view.value?.depth ?? 0;
  const next = Session.open(model);
  const gone = new Map(lines.map((line) => [line.id, next.walk(0, line.names)]));
  const own = gone.get(current.id)!;
  const way = next.path(own.moment);
  const parted = parting(old, current.tip, next, way, own.stopped);
  batch(() => {
    show(next, own.moment, way[Math.min(step, way.length - 1)] ?? 0, current.origin);
    const [shown, at] = [branch.value, moment.value];
    for (const line of lines) {
      const end = gone.get(line.id)!.moment;
      if (line !== current && end !== 0 && !way.includes(end)) addBranch(line.origin, end);
    }
    branch.value = shown;
    moment.value = at;
  });
  return { parted };
}
