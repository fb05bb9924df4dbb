/** The searches of this page: what is asked, what runs, what came of it. */
import { batch, computed, signal } from "@preact/signals";
import { reason } from "../api/reason";
import { Session } from "../api/core";
import { search, type RunningSearch } from "../api/search";
import type { Model, MomentId, Scope, SearchOutcome, SearchProgress } from "../api/types";
import { about, addBranch, announcement, branch, branches, moment, path, session, trouble, view } from "../state/store";
import { slim, showPanel } from "../state/room";
import { busy } from "./busy";
import { bundled, COUNTS, further, isWide, recorded, small, spent, usual, words, type Count } from "./bounds";
import { counted, number } from "./parts";
import { text } from "./text";

export type From = "start" | "here";

/** What is edited before a search. Counts are totals from the start, and what may come on top of the path from here. */
export interface Asked {
  from: From;
  /** Whose bounds they are: the name of a bundled model, `own`, `small`, or `edited`. */
  origin: string;
  counts: Record<Count, number>;
  rest: Omit<Scope, Count>;
  cap: number;
}

export interface Verdict {
  id: number;
  model: Model;
  bounds: string;
  /** The choices after which the search began. */
  beginning: string[];
  outcome: SearchOutcome;
  progress: SearchProgress;
  elapsed: number;
  cap: number;
  /** The counterexample as a branch of a session; null if it could not go that way. */
  shown: Shown | null;
  /** Why it could not. */
  refused: string | null;
  /** The session in which it was asked. */
  asked: Session | null;
  /** Whether a quick look came before, with reductions that only find, and found nothing. */
  looked: boolean;
}

export interface Shown {
  session: Session;
  moment: MomentId;
  /** Whether the run was a branch before the search found it. */
  known: boolean;
}

export interface Running {
  /** Greater than that of every search and verdict before. */
  id: number;
  /** The session in which it was asked. */
  asked: Session | null;
  model: Model;
  bounds: string;
  beginning: string[];
  progress: SearchProgress;
  elapsed: number;
  /** How many states the same model is known to have. */
  known: number | null;
  cap: number;
  cancelling: boolean;
}

const NOTHING: SearchProgress = { states: 0, frontier: 0, depth: 0, transitions: 0, bytes: 0, levels: [], rash: false };

export const running = signal<Running | null>(null);
export const verdict = signal<Verdict | null>(null);
export const failure = signal<string | null>(null);
/** What the search came to that the last one took the place of. */
export const replaced = signal<Verdict | null>(null);
/** Verdicts that are kept to be compared. */
export const kept = signal<Verdict[]>([]);
const edited = signal<{ of: Session; asked: Asked } | null>(null);

let search_: RunningSearch | null = null;
/** What begins as soon as the search at hand has ended. */
let next: Order | null = null;
let count = 0;

export function cap(): number {
  return slim.value || matchMedia("(pointer: coarse)").matches ? 300_000 : 2_000_000;
}

// ---- what is asked --------------------------------------------------------------------------------------

function split(scope: Scope): Pick<Asked, "counts" | "rest"> {
  const counts = Object.fromEntries(COUNTS.map((name) => [name, scope[name] ?? 0])) as Record<Count, number>;
  const rest = Object.fromEntries(Object.entries(scope).filter(([name]) => !COUNTS.includes(name as Count)));
  return { counts, rest };
}

/** The bounds at first, of a search from the start. */
export function proposed(origin?: string): Asked {
  const model = about.value!.model;
  const entries = bundled(model);
  const asked = (from: string, scope: Scope): Asked => ({ from: "start", origin: from, ...split(scope), cap: cap() });
  const named = entries.find((entry) => entry.name === origin);
  if (named !== undefined) return asked(named.name, named.model.scope);
  if (origin === "own" || (origin === undefined && !isWide(model.scope))) return asked("own", model.scope);
  const best = origin === "small" ? null : usual(entries, cap());
  return best === null ? asked("small", small(model)) : asked(best.name, best.model.scope);
}

function used(): Record<Count, number> {
  return spent(view.value!, about.value!.model.scope);
}

/** Bounds of a search from here: the session's own network, and a little of what is left. */
export function proposedHere(): Asked {
  const { scope } = about.value!.model;
  const { rest } = split(scope);
  return { from: "here", origin: "own", counts: further(scope, used()), rest, cap: cap() };
}

/** What the panel shows; begins anew with each session. */
export const asked = computed<Asked | null>(() => {
  const open = session.value;
  if (open === null) return null;
  return edited.value?.of === open ? edited.value.asked : proposed();
});

export function ask(next: Asked): void {
  if (session.value !== null) edited.value = { of: session.value, asked: next };
}

/** The model that is searched, with what the path has used added to the bounds of a search from here. */
export function modelOf(it: Asked): Model {
  const { model } = about.value!;
  const spentHere = it.from === "here" ? used() : null;
  const scope: Record<string, unknown> = { ...it.rest };
  for (const name of COUNTS) {
    const total = it.counts[name] + (spentHere?.[name] ?? 0);
    if (total > 0 || name === "epochs") scope[name] = total;
  }
  return { ...model, scope: scope as unknown as Scope };
}

export const inWords = computed(() => (asked.value === null ? null : words(modelOf(asked.value))));

// ---- running --------------------------------------------------------------------------------------------

export interface Order {
  model: Model;
  beginning: string[];
  cap: number;
  /** Is told instead of the panel, if given. */
  then?: (verdict: Verdict) => void;
}

/** Whether this very search runs. */
export function runs({ model, beginning, cap }: Order): boolean {
  const now = running.value;
  const alike = (one: Order): string => JSON.stringify([one.model, one.beginning, one.cap]);
  return now !== null && !now.cancelling && alike(now) === alike({ model, beginning, cap });
}

/** Starts a search; one that runs is ended first, and what it came to is kept. */
export function start(order: Order): void {
  if (running.value === null) {
    replaced.value = null;
    return launch(order);
  }
  if (runs(order)) return;
  next = order;
  halt();
}

function launch(order: Order): void {
  const said = words(order.model);
  if ("error" in said) {
    failure.value = said.error;
    return;
  }
  const known = order.beginning.length === 0 ? (recorded(order.model)?.floor ?? null) : null;
  const { bounds } = said;
  const here = session.value;
  let rash = false;
  batch(() => {
    failure.value = null;
    busy.value = true;
    running.value = {
      id: ++count, asked: here, model: order.model, bounds, beginning: order.beginning, progress: NOTHING, elapsed: 0, known,
      cap: order.cap, cancelling: false,
    };
  });
  search_ = search({ model: order.model, from: order.beginning, maxStates: order.cap }, {
    progress(progress, elapsed) {
      rash ||= progress.rash;
      if (running.value !== null) running.value = { ...running.value, progress, elapsed };
    },
    done(outcome, progress, elapsed) {
      const after = end();
      const { model, beginning } = order;
      const got: Verdict = {
        id: ++count, model, bounds, beginning, outcome, progress, elapsed, cap: order.cap, shown: null, refused: null,
        asked: here, looked: rash && !progress.rash,
      };
      if (after !== null) {
        replaced.value = got;
        launch(after);
      } else if (order.then !== undefined) order.then(got);
      else conclude(got);
    },
    failed(error) {
      const after = end();
      if (after !== null) launch(after);
      else failure.value = error;
    },
  });
}

/** What was asked in its place. */
function end(): Order | null {
  const after = next;
  next = null;
  search_ = null;
  batch(() => {
    busy.value = false;
    running.value = null;
  });
  return after;
}

export function cancel(): void {
  next = null;
  halt();
}

function halt(): void {
  if (running.value === null) return;
  running.value = { ...running.value, cancelling: true };
  search_?.cancel();
}

/** Shows a verdict; a counterexample opens as a branch of the session, if the session can go that way. */
export function conclude(got: Verdict): void {
  let shown = got;
  if (got.outcome.kind === "violated") {
    try {
      shown = { ...got, shown: open(got.outcome.choices, got.beginning.length) };
    } catch (error) {
      shown = { ...got, refused: reason(error) };
    }
  }
  announcement.value = headline(shown);
  verdict.value = shown;
}

/** What a verdict says, in a sentence that names where the search began. */
export function headline({ outcome, progress, beginning }: Verdict): string {
  const n = number(progress.states);
  const step = beginning.length;
  switch (outcome.kind) {
    case "proved":
      return step === 0 ? text("verdict-proved", { n }) : text("verdict-proved-here", { n, step });
    case "violated": {
      const { invariant, steps } = outcome;
      if (step === 0) return text("verdict-violated", { invariant, steps: counted(steps, "steps-1", "steps-n") });
      return text("verdict-violated-here", { invariant, steps: counted(steps - step, "steps-1", "steps-n"), step, all: steps });
    }
    case "incomplete": {
      const depth = Math.max(0, progress.levels.length - 1);
      return text(step === 0 ? "verdict-incomplete" : "verdict-incomplete-here", { n, depth, step });
    }
  }
}

/** Opens choices from the beginning as a branch of the session that is shown, or shows the branch that they are. Of those
 * that were given, the session has made as many as `own`; the others may mean a network that repeats messages. */
export function open(choices: string[], own: number): Shown {
  const into = session.value!;
  const straight = own > 0 ? into.walk(0, choices) : null;
  const { moment: tip, stopped } = straight?.stopped === null ? straight : into.adopt(choices);
  if (stopped !== null) throw new Error(stopped);
  if (into.event(tip)?.broken == null) throw new Error(text("nothing-broke"));
  const known = branches.value.find((one) => one.tip === tip);
  if (known === undefined) addBranch("counterexample", tip);
  else batch(() => {
    branch.value = known.id;
    moment.value = tip;
  });
  return { session: into, moment: tip, known: known !== undefined };
}

function orderOf(it: Asked): Order {
  const beginning = it.from === "start" ? [] : session.value!.names(moment.value);
  return { model: modelOf(it), beginning, cap: it.cap };
}

/** Whether the search that runs began elsewhere: in another session, or after other choices than those that are shown. */
export const elsewhere = computed(() => {
  const now = running.value;
  if (now === null || session.value === null) return false;
  if (now.asked !== session.value) return true;
  return now.beginning.length > 0 && session.value.names(moment.value).join("\n") !== now.beginning.join("\n");
});

/** A search as the panel asks for it. */
export function check(from: From): void {
  if (session.value === null) return;
  showPanel("check");
  const current = asked.value!;
  const wanted = current.from === from ? current : from === "start" ? proposed() : proposedHere();
  ask(wanted);
  try {
    start(orderOf(wanted));
  } catch (error) {
    trouble.value = reason(error);
  }
}

export function keep(it: Verdict): void {
  if (!kept.value.some((one) => one.id === it.id)) kept.value = [...kept.value, it];
}

/** How far the branch has come: a search from here at the start is one from the start. */
export const stepShown = computed(() => path.value.indexOf(moment.value));
