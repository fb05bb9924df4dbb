/** Undo and redo: from act to act back through the places where one stood. Nothing is taken out of the tree. */
import { batch, effect, signal } from "@preact/signals";
import { branch, branches, moment, session } from "../state/store";

interface Place {
  branch: number;
  moment: number;
}

const LIMIT = 2_000;
export const undone = signal<Place[]>([]);
export const done = signal<Place[]>([]);

/** Whether the change at hand is our own. */
let walking = false;

/** Begins to watch what is done. */
export function watch(): void {
  let [open, known, here]: [unknown, unknown, Place] = [null, null, { branch: 0, moment: 0 }];
  effect(() => {
    const next = { branch: branch.value, moment: moment.value };
    const [nowOpen, nowKnown] = [session.value, branches.value];
    batch(() => {
      if (nowOpen !== open) {
        done.value = [];
        undone.value = [];
      } else if (!walking && (nowKnown !== known || next.branch !== here.branch)) {
        done.value = [...done.peek().slice(-LIMIT), here];
        undone.value = [];
      }
    });
    [open, known, here] = [nowOpen, nowKnown, next];
  });
}

function walk(from: typeof done, to: typeof done): void {
  const place = from.value.at(-1);
  if (place === undefined) return;
  walking = true;
  batch(() => {
    from.value = from.value.slice(0, -1);
    to.value = [...to.value, { branch: branch.value, moment: moment.value }];
    branch.value = place.branch;
    moment.value = place.moment;
  });
  walking = false;
}

export const undo = (): void => walk(done, undone);
export const redo = (): void => walk(undone, done);
