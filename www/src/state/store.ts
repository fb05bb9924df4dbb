/**
 * What the page knows: one session, the moment that is shown, the branches, what is selected.
 *
 * Components read signals and call the functions below; they never keep a session or a view of their own. A branch is
 * a name for the last moment of a path; acting before the end of a branch begins a new one, and none is discarded.
 * A session that another one takes the place of is kept with all its branches, so that one can return to it.
 */
import { batch, computed, signal } from "@preact/signals";
import { reason } from "../api/reason";
import { Session } from "../api/core";
import type { ChoiceView, EventView, LetterId, Model, MomentId, NodeIndex, View } from "../api/types";

/** Where a branch came from. */
export type Origin = "main" | "fork" | "counterexample" | "import" | "scenario";

export interface Branch {
  /** Never used twice in a session. */
  id: number;
  origin: Origin;
  /** Counted within its origin, from 1. */
  number: number;
  tip: MomentId;
}

export type Selection =
  | { kind: "node"; node: NodeIndex }
  | { kind: "letter"; letter: LetterId }
  | { kind: "resource" }
  | { kind: "event"; moment: MomentId };

export const session = signal<Session | null>(null);
export const branches = signal<Branch[]>([]);
/** Which branch is shown, by id. */
export const branch = signal(0);
/** The moment that is shown. */
export const moment = signal<MomentId>(0);
export const selection = signal<Selection | null>(null);
/** A sentence for the live region; the newest one only. */
export const announcement = signal("");
/** A sentence about something that went wrong, shown until it is dismissed. */
export const trouble = signal<string | null>(null);
/** A note of the run at hand, kept in files and links. */
export const note = signal("");
/** The note with which the run came, shown until it is dismissed. */
export const remark = signal<string | null>(null);

export const about = computed(() => session.value?.about ?? null);
export const current = computed(() => branches.value.find((one) => one.id === branch.value) ?? null);
/** Moments of the branch that is shown, from the beginning to its end. */
export const path = computed<MomentId[]>(() => {
  const [open, shown] = [session.value, current.value];
  return open !== null && shown !== null ? open.path(shown.tip) : [];
});
export const view = computed<View | null>(() => session.value?.view(moment.value) ?? null);
export const before = computed<View | null>(() => {
  const parent = view.value?.parent ?? null;
  return parent === null ? null : (session.value?.view(parent) ?? null);
});
export const choices = computed<ChoiceView[]>(() => session.value?.choices(moment.value) ?? []);
/** What led to the moment that is shown. */
export const event = computed<EventView | null>(() => session.value?.event(moment.value) ?? null);
/** What led to each moment of the branch, without the beginning. */
export const events = computed<EventView[]>(() => {
  const open = session.value;
  return open === null ? [] : path.value.slice(1).map((id) => open.event(id)!);
});

/** Says what went wrong instead of failing. */
export function attempt<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    trouble.value = reason(error);
    return undefined;
  }
}

let names = 0;

function named(origin: Origin, tip: MomentId): Branch {
  const numbers = branches.value.filter((one) => one.origin === origin).map((one) => one.number);
  return { id: ++names, origin, number: Math.max(0, ...numbers) + 1, tip };
}

/** A session that was left, as it stood. */
export interface Left {
  session: Session;
  branches: Branch[];
  branch: number;
  moment: MomentId;
  note: string;
}

/** The session that was left last. */
export const left = signal<Left | null>(null);
/** A session that was left to look at another for a while, however many are looked at. */
export const parked = signal<Left | null>(null);

/** The session at hand, as it stands. */
export function standing(): Left | null {
  const open = session.value;
  return open === null
    ? null
    : { session: open, branches: branches.value, branch: branch.value, moment: moment.value, note: note.value };
}

/** Gives back the memory of sessions to which nobody can return. */
function closeUnless(...gone: (Left | null)[]): void {
  const kept = new Set([session.value, left.value?.session, parked.value?.session]);
  for (const one of new Set(gone.map((some) => some?.session))) if (one !== undefined && !kept.has(one)) one.close();
}

/** Takes a session that was left in place of the one at hand, which is left instead. */
export function restore(next: Left): void {
  const [old, before] = [standing(), left.value];
  batch(() => {
    branches.value = next.branches;
    session.value = next.session;
    branch.value = next.branch;
    moment.value = next.moment;
    selection.value = null;
    note.value = next.note;
    trouble.value = null;
    remark.value = null;
    if (before?.session === next.session) left.value = null;
    if (parked.value?.session === next.session) parked.value = null;
    if (old === null || old.session === next.session) return;
    if (old.session === parked.value?.session) parked.value = old;
    else left.value = old;
  });
  closeUnless(before, old);
}

/** Nobody wants to return to it any more. */
export function forget(gone: Left): void {
  batch(() => {
    if (left.value === gone) left.value = null;
    if (parked.value === gone) parked.value = null;
  });
  closeUnless(gone);
}

/** A branch as it is made, or written down. */
export type Line = Omit<Branch, "id">;

/** Shows a session with these branches, the one of number `at` among them. */
export function showAll(next: Session, lines: Line[], shown: number, at: MomentId, said = ""): void {
  const own = lines.map((line) => ({ ...line, id: ++names }));
  restore({ session: next, branches: own, branch: own[shown]!.id, moment: at, note: said });
}

/** Shows a session, at the moment `at` of a branch that ends at `tip`. */
export function show(next: Session, tip: MomentId = 0, at: MomentId = tip, origin: Origin = "main"): void {
  showAll(next, [{ origin, number: 1, tip }], 0, at);
}

/** Begins a model anew. */
export function open(model: Model): void {
  attempt(() => show(Session.open(model)));
}

/** Adds a branch that ends at `tip`, and shows its moment `at`. */
export function addBranch(origin: Origin, tip: MomentId, at: MomentId = tip): void {
  const added = named(origin, tip);
  batch(() => {
    branches.value = [...branches.value, added];
    branch.value = added.id;
    moment.value = at;
  });
}

/** Shows a moment of the branch at hand; of another branch, if it is not on this one. */
export function goTo(id: MomentId): void {
  const on = (one: Branch): boolean => session.value?.path(one.tip).includes(id) ?? false;
  batch(() => {
    if (!path.value.includes(id)) {
      const other = branches.value.find(on);
      if (other !== undefined) branch.value = other.id;
    }
    moment.value = id;
  });
}

export function switchTo(id: number): void {
  const next = branches.value.find((one) => one.id === id);
  if (next === undefined) return;
  batch(() => {
    const shared = session.value?.path(next.tip).includes(moment.value) ?? false;
    branch.value = id;
    if (!shared) moment.value = next.tip;
  });
}

/** The moment at this step of the branch, clamped to its ends. */
export function goToStep(step: number): void {
  const moments = path.value;
  const at = moments[Math.max(0, Math.min(step, moments.length - 1))];
  if (at !== undefined) moment.value = at;
}

/** The step that is shown. */
export const step = computed(() => view.value?.depth ?? 0);

/** A moment was reached from the one that is shown: the branch grows, or a new one begins. */
export function arrive(next: MomentId): void {
  const shown = current.value;
  if (shown === null) return;
  batch(() => {
    if (path.value.includes(next)) {
      // What was done already: only go there.
    } else if (moment.value === shown.tip) {
      branches.value = branches.value.map((one) => (one === shown ? { ...one, tip: next } : one));
    } else {
      const known = branches.value.find((one) => session.value?.path(one.tip).includes(next));
      const added = known ?? named("fork", next);
      if (known === undefined) branches.value = [...branches.value, added];
      branch.value = added.id;
    }
    moment.value = next;
  });
}

/** Lets a choice of the moment at hand happen. */
export function choose(choice: ChoiceView): void {
  const open = session.value;
  if (open === null) return;
  attempt(() => arrive(open.choose(moment.value, choice.index)));
}

/** The first effective choice that is like this, of the moment at hand. */
export function find(like: (choice: ChoiceView) => boolean): ChoiceView | undefined {
  return choices.value.find((choice) => choice.effective && like(choice));
}
