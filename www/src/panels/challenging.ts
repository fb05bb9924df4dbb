/** "Break it": a model without one rule, and a number of moves in which to reach a violation. */
import { computed, signal } from "@preact/signals";
import { rules, Session } from "../api/core";
import type { RuleView } from "../api/types";
import { addBranch, announcement, attempt, current, moment, session, show, view } from "../state/store";
import { showPanel } from "../state/room";
import { cap, running, start } from "./checking";
import { park } from "./sessions";
import { counted } from "./parts";
import { text } from "./text";

export type Level = "easy" | "fair" | "exact";

export interface Game {
  rule: RuleView;
  /** The session it is played in, and what was given. */
  session: Session;
  given: string[];
  /** Of the shortest known way, without what was given. */
  shortest: number;
  level: Level;
}

export const game = signal<Game | null>(null);
/** A shortest way to a violation from some moment on: all its choices from the beginning. */
export const course = signal<{ names: string[]; from: number } | null>(null);
/** What the hint says: the next choice, or why there is none. */
export const hint = signal<{ at: number; name: string | null; left: number; problem: string | null } | null>(null);
export const level = signal<Level>("easy");

/** The rules that a search from a known beginning breaks, easiest first. */
export function playable(): RuleView[] {
  return rules().filter((rule) => rule.kill !== null).sort((a, b) => moves(a) - moves(b));
}

export function moves(rule: RuleView): number {
  return (rule.kill?.steps ?? 0) - (rule.kill?.beginning.length ?? 0);
}

export function moveWords(count: number): string {
  return counted(count, "moves-1", "moves-n");
}

export function begin(rule: RuleView): void {
  const { kill } = rule;
  if (kill === null) return;
  attempt(() => {
    const next = Session.open(kill.model);
    const { moment: at, stopped } = next.walk(0, kill.beginning);
    if (stopped !== null) throw new Error(stopped);
    if (game.value === null || game.value.session !== session.value) park();
    show(next, at, at, "scenario");
    game.value = { rule, session: next, given: kill.beginning, shortest: moves(rule), level: level.value };
    course.value = null;
    hint.value = null;
    showPanel("challenge");
  });
}

export function allowed(of: Game): number {
  switch (of.level) {
    case "easy":
      return of.shortest * 2 + 6;
    case "fair":
      return of.shortest + 3;
    case "exact":
      return of.shortest;
  }
}

/** Moves made on the branch that is shown; null when nobody plays in this session. */
export const made = computed(() => {
  const playing = game.value;
  if (playing === null || playing.session !== session.value || view.value === null) return null;
  return Math.max(0, view.value.depth - playing.given.length);
});

/** `shown`: the branch that is shown is the checker's. */
export type Standing = "playing" | "won" | "late" | "lost" | "shown";

export const standing = computed<Standing | null>(() => {
  const [playing, count] = [game.value, made.value];
  if (playing === null || count === null || view.value === null) return null;
  if (current.value?.origin === "counterexample") return "shown";
  const limit = allowed(playing);
  if (view.value.broken !== null) return count <= limit ? "won" : "late";
  return count >= limit ? "lost" : "playing";
});

/** The next step of a shortest way from here. */
export function ask(): void {
  const [playing, open, at] = [game.value, session.value, moment.value];
  if (playing === null || open === null || running.value !== null) return;
  const names = open.names(at);
  const known = course.value;
  if (known !== null && names.every((name, place) => known.names[place] === name) && known.names.length > names.length) {
    reveal(at, known.names, names.length);
    return;
  }
  look(names, at, (found) => reveal(at, found, names.length));
}

function reveal(at: number, names: string[], done: number): void {
  hint.value = { at, name: names[done] ?? null, left: names.length - done, problem: null };
}

/** A shortest way to a violation after these choices; if none is found, it is said at the moment `at`, or at that shown then. */
function look(names: string[], at: number | null, then: (found: string[]) => void): void {
  const { model } = game.value!.session.about;
  start({
    model, beginning: names, cap: Math.max(cap(), 2_000_000),
    then({ outcome }) {
      if (outcome.kind !== "violated") {
        const problem = text(outcome.kind === "proved" ? "hint-none" : "hint-unknown");
        hint.value = { at: at ?? moment.value, name: null, left: 0, problem };
        return;
      }
      course.value = { names: outcome.choices, from: names.length };
      then(outcome.choices);
    },
  });
}

/** Opens the checker's shortest way as another branch, to be seen beside one's own. */
export function compareWithShortest(): void {
  const playing = game.value;
  if (playing === null || running.value !== null) return;
  look(playing.given, null, (found) => {
    attempt(() => {
      const { moment: tip, stopped } = playing.session.walk(0, found);
      if (stopped !== null) throw new Error(stopped);
      addBranch("counterexample", tip);
      announcement.value = text("shortest-opened", { moves: moveWords(found.length - playing.given.length) });
      showPanel("challenge");
    });
  });
}

export function again(): void {
  const playing = game.value;
  if (playing === null) return;
  const at = playing.session.path(moment.value)[playing.given.length] ?? moment.value;
  moment.value = at;
  hint.value = null;
}

export function stop(): void {
  game.value = null;
  hint.value = null;
  course.value = null;
}
