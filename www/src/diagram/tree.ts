/** Who branched off where: from the paths of the branches to a tree of them. */
import type { MomentId } from "../api/types";
import { firstIndex } from "./layout";

export interface Twig {
  id: number;
  /** The branch it left; null for the first. */
  parent: number | null;
  /** The last step that it shares with it. */
  at: number;
  /** Its last step. */
  end: number;
}

/** The last step that two paths share. A step that is shared has only shared steps before it. */
export function sharedStep(a: readonly MomentId[], b: readonly MomentId[]): number {
  const most = Math.min(a.length, b.length);
  return firstIndex(most, (index) => a[index] !== b[index]) - 1;
}

/** A branch leaves the earlier one with which it shares the most. */
export function treeOf(branches: readonly { id: number; path: readonly MomentId[] }[]): Twig[] {
  return branches.map(({ id, path }, index) => {
    let [parent, at]: [number | null, number] = [null, 0];
    for (const earlier of branches.slice(0, index)) {
      const shared = sharedStep(earlier.path, path);
      if (parent === null || shared > at) [parent, at] = [earlier.id, shared];
    }
    return { id, parent, at, end: path.length - 1 };
  });
}

/** Steps of a path at which another path goes elsewhere, or goes on; in order. */
export function forksOf(path: readonly MomentId[], others: readonly (readonly MomentId[])[]): number[] {
  const steps = new Set<number>();
  for (const other of others) {
    const shared = sharedStep(path, other);
    if (shared >= 0 && shared < other.length - 1) steps.add(shared);
  }
  return [...steps].sort((a, b) => a - b);
}
