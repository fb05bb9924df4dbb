/** Letting things happen by themselves, one after the other, so that one can watch. */
import { signal } from "@preact/signals";
import type { ChoiceKind, EventView, NodeIndex, NodeView, View } from "../api/types";
import { about, arrive, attempt, moment, session, view } from "../state/store";
import { say } from "./actions";
import { notice } from "./state";
import { text } from "./text";

/** Whether things are happening by themselves now. */
export const running = signal(false);

/** Between two steps: slow enough to see each, faster after the first few. */
const FIRST = 420;
const LATER = 230;
const SEEN = 6;
/** More steps than this are left to the next press. */
const MOST = 300;

let timer: ReturnType<typeof setTimeout> | undefined;

export function stop(): void {
  clearTimeout(timer);
  running.value = false;
}

interface Course {
  /** Where the last step led. */
  at: number;
  steps: number;
  /** Timers that fired, and times that passed. */
  timers: number;
  /** Whether it ends as soon as a primary serves. */
  untilServing: boolean;
}

const serves = (): boolean => view.value?.nodes.some(({ serving }) => serving) ?? false;

/** Whether messages pass between two machines, both ways. */
function linked(shown: View, a: NodeIndex, b: NodeIndex): boolean {
  return shown.cut === null || shown.cut.side.includes(a) === shown.cut.side.includes(b);
}

/** Whether a primary serves whom more than half of the voters follow, and everybody who can hear it. */
function settled(shown: View): boolean {
  const voters = about.value?.nodes.filter(({ votes }) => votes) ?? [];
  return shown.nodes.some((primary) => {
    if (!primary.serving) return false;
    const hears = (node: NodeView): boolean => node.role !== "down" && node.role !== "halted" && !node.paused && linked(shown, primary.index, node.index);
    const near = shown.nodes.filter(hears);
    const follow = near.filter(({ epoch }) => epoch.text === primary.epoch.text);
    const votes = follow.filter(({ index }) => voters.some((one) => one.index === index)).length;
    return follow.length === near.length && 2 * votes > voters.length;
  });
}

/** What would happen next by itself; null if nothing, or only what timers repeat for ever. */
function foresee(): { id: number; event: EventView } | null {
  const open = session.value;
  if (open === null) return null;
  const at = moment.value;
  const id = attempt(() => open.auto(at, at + 1));
  if (id === undefined || id === null) return null;
  return { id, event: open.event(id)! };
}

const REPEATED: ReadonlySet<ChoiceKind> = new Set<ChoiceKind>(["tick", "pass"]);

function proceed(course: Course): void {
  const shown = view.value;
  if (!running.value || shown === null || shown.broken !== null) return stop();
  if (moment.value !== course.at) {
    // Somebody acted in between: it goes on from there. Whoever looks at the past wants it to stand still.
    if (shown.parent !== course.at) return stop();
    course.at = shown.id;
    course.timers = 0;
  }
  if (course.untilServing && serves()) return stop();
  const next = foresee();
  const repeats = next !== null && REPEATED.has(next.event.kind);
  if (next === null || (repeats && settled(shown))) return stop();
  course.timers = repeats ? course.timers + 1 : course.timers;
  const count = shown.nodes.length;
  if (course.timers > (serves() ? 2 * count : 4 * count + 4)) {
    stop();
    if (!serves()) say(text("whyNobodyElected"));
    return;
  }
  arrive(next.id);
  course.at = next.id;
  course.steps += 1;
  if (course.steps >= MOST) return stop();
  timer = setTimeout(() => proceed(course), course.steps < SEEN ? FIRST : LATER);
}

function begin(untilServing: boolean): void {
  stop();
  notice.value = null;
  const shown = view.value;
  if (shown === null) return;
  if (shown.broken !== null) {
    say(text("whyOver"));
    return;
  }
  running.value = true;
  const before = shown.id;
  proceed({ at: before, steps: 0, timers: 0, untilServing });
  if (moment.value === before && !running.value) {
    say(text("whyQuiet"));
  }
}

/** Until nothing is left to happen but what timers repeat. */
export const letItRun = (): void => begin(false);
/** Until a primary serves. */
export const electPrimary = (): void => begin(true);

/** One step of it, timers too. */
export function oneStep(): void {
  stop();
  const next = view.value?.broken == null ? foresee() : null;
  if (next === null) say(text("whyQuiet"));
  else arrive(next.id);
}
