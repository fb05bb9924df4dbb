/** Playing a run: the cursor goes on by itself, at a speed, until the end or until somebody else moves it. */
import { computed, signal } from "@preact/signals";
import { announcement, branch, events, goToStep, moment, path, session, step } from "../state/store";
import { text } from "./timeline-text";
import { sentenceOf } from "./state";

/** Steps a second; the last is one for each frame. */
export const SPEEDS: readonly number[] = [0.5, 1, 2, 4, 8, 16, Infinity];
/** The place among the speeds. */
export const speed = signal(2);
export const playing = signal(false);
/** The last step of the branch. */
export const end = computed(() => Math.max(0, path.value.length - 1));

/** Milliseconds between two sentences. */
const QUIET = 1000;

let frame = 0;
let due = 0;
let told = -Infinity;
/** The moment and branch that playing has shown last: if others are shown, somebody took over. */
let shown = { moment: -1, branch: -1 };

export function pause(): void {
  cancelAnimationFrame(frame);
  playing.value = false;
}

export function play(): void {
  if (end.value === 0) return;
  if (step.value >= end.value) goToStep(0);
  playing.value = true;
  due = performance.now();
  remember();
  frame = requestAnimationFrame(turn);
}

export function togglePlay(): void {
  if (playing.value) pause();
  else play();
}

function remember(): void {
  shown = { moment: moment.value, branch: branch.value };
}

function turn(now: number): void {
  if (session.value === null || moment.value !== shown.moment || branch.value !== shown.branch) {
    pause();
    return;
  }
  const rate = SPEEDS[speed.value]!;
  const wait = 1000 / rate;
  if (now - due >= wait) {
    // A late frame is not made up for by a jump.
    due = rate === Infinity || now - due > 2 * wait ? now : due + wait;
    goToStep(step.value + 1);
    remember();
    tell(now);
  }
  if (step.value >= end.value) {
    told = -Infinity;
    tell(now);
    pause();
    return;
  }
  frame = requestAnimationFrame(turn);
}

function tell(now: number): void {
  if (now - told < QUIET) return;
  const event = events.value[step.value - 1];
  if (event === undefined) return;
  told = now;
  announcement.value = `${text("step", { step: step.value, steps: end.value })}. ${sentenceOf(event)}`;
}

export function faster(by: 1 | -1): void {
  speed.value = Math.max(0, Math.min(SPEEDS.length - 1, speed.value + by));
}
