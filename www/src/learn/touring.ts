/**
 * What is being told now: a scenario, or the guide of a first visit.
 *
 * A text waits for whoever reads it. Going on plays the steps up to the next card, so that one sees what happens; whoever
 * acts in between begins a branch of their own, and the next card leads back.
 */
import { batch, computed, signal } from "@preact/signals";
import { reason } from "../api/reason";
import { Session } from "../api/core";
import { invoke } from "../state/commands";
import { narrow, type Panel, room, showPanel } from "../state/room";
import { about, announcement, branch, current, goToStep, moment, path, selection, session, show, step, switchTo, trouble, view } from "../state/store";
import { language } from "../state/text";
import { type Act, type Card, type Look, type Scenario, scenario } from "./scenarios";
import { text } from "./text";

export interface Guided {
  kind: "guide";
  at: number;
  /** The last card that was reached. */
  reached: number;
}

export interface Told {
  kind: "scenario";
  scenario: Scenario;
  at: number;
  /** The branch that it tells of. */
  branch: number;
}

export const tour = signal<Guided | Told | null>(null);
/** Whether the card is one line, so that what is under it can be seen. Each card begins unfolded. */
export const folded = signal(false);

/** On a small screen the card lies over the drawer: it makes room for what is shown there. */
export function makeRoom(): void {
  if (tour.value !== null && narrow.value) folded.value = true;
}

/** Shows a panel that the card speaks of. */
function reveal(panel: Panel): void {
  makeRoom();
  showPanel(panel);
}

/** Between two steps that are played; all steps up to a card take at most so long together. */
const STEP = 320;
const WHOLE = 2200;

let timer: ReturnType<typeof setTimeout> | undefined;

export const card = computed<Card | null>(() => {
  const shown = tour.value;
  return shown?.kind === "scenario" ? (shown.scenario.cards[shown.at] ?? null) : null;
});

/** Opens a scenario at its first card. */
export async function tell(id: string): Promise<void> {
  clearTimeout(timer);
  try {
    const told = await scenario(id);
    const opened = Session.read(JSON.stringify(told.run));
    const tip = opened.size - 1;
    batch(() => {
      show(opened, tip, opened.path(tip)[told.cards[0]?.step ?? 0] ?? 0, "scenario");
      room.value = "play";
      folded.value = false;
      tour.value = { kind: "scenario", scenario: told, at: 0, branch: branch.value };
    });
    look(told.cards[0]);
  } catch (error) {
    trouble.value = reason(error);
  }
}

export function leave(): void {
  clearTimeout(timer);
  folded.value = false;
  tour.value = null;
}

/** Goes to another card: forward by playing what happens in between, backward at once. */
export function turn(by: 1 | -1): void {
  const shown = tour.value;
  if (shown?.kind !== "scenario") return;
  const at = shown.at + by;
  const next = shown.scenario.cards[at];
  if (next === undefined) return;
  folded.value = false;
  tour.value = { ...shown, at };
  if (branch.value !== shown.branch) switchTo(shown.branch);
  play(next.step);
  look(next);
  announcement.value = next.text[language.value];
}

function look(next: Card | undefined): void {
  if (next?.look !== undefined) pointAt(next.look);
}

export function pointAt(there: Look): void {
  switch (there.kind) {
    case "node":
      selection.value = { kind: "node", node: there.node };
      break;
    case "resource":
      selection.value = { kind: "resource" };
      break;
    case "timeline":
      break;
    case "panel":
      showPanel(there.panel);
      break;
  }
}

function play(to: number): void {
  clearTimeout(timer);
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const left = to - step.value;
  if (still || left <= 0) return goToStep(to);
  const pace = Math.min(STEP, WHOLE / left);
  const advance = (): void => {
    if (step.value >= to || tour.value === null) return;
    goToStep(step.value + 1);
    timer = setTimeout(advance, pace);
  };
  timer = setTimeout(advance, pace);
}

export function act(what: Act): void {
  switch (what) {
    case "crash":
      return invoke("stage-crash-primary");
    case "check":
      reveal("check");
      return invoke("check-start");
    case "challenge":
      return reveal("challenge");
    case "compare":
      return reveal("compare");
    case "designer":
      room.value = "design";
  }
}

/* The guide of a first visit: six things to do, each of which leads on by itself once it is done. */

export interface Guide {
  key: "guide1" | "guide2" | "guide3" | "guide4" | "guide5" | "guide6";
  /** What the button of the card does, and what it is called. */
  act?: { label: "guideCrash" | "guideElect" | "guideCheck" | "guideRules" | "guideLearn"; run: () => void };
  /** Whether it is done. */
  done?: () => boolean;
}

const serving = (): number => view.value?.nodes.findIndex((one) => one.serving) ?? -1;
const someDown = (): boolean => view.value?.nodes.some((one) => one.role === "down") ?? false;

export const GUIDE: Guide[] = [
  { key: "guide1" },
  { key: "guide2", act: { label: "guideCrash", run: () => invoke("stage-crash-primary") }, done: someDown },
  { key: "guide3", act: { label: "guideElect", run: () => invoke("stage-elect") }, done: () => someDown() && serving() >= 0 },
  { key: "guide4", act: { label: "guideCheck", run: () => act("check") } },
  { key: "guide5", act: { label: "guideRules", run: () => reveal("rules") } },
  { key: "guide6", act: { label: "guideLearn", run: () => { leave(); room.value = "learn"; } } },
];

export function beginGuide(): void {
  folded.value = false;
  tour.value = { kind: "guide", at: 0, reached: 0 };
  const primary = serving();
  if (primary >= 0) selection.value = { kind: "node", node: primary };
}

export function turnGuide(by: 1 | -1): void {
  const shown = tour.value;
  if (shown?.kind !== "guide") return;
  const at = Math.max(0, Math.min(GUIDE.length - 1, shown.at + by));
  folded.value = false;
  tour.value = { kind: "guide", at, reached: Math.max(at, shown.reached) };
  announcement.value = text(GUIDE[at]!.key);
}

/** Whether what is told can still be told: somebody may have opened another model. */
export const stillHere = computed(() => {
  const shown = tour.value;
  if (shown?.kind !== "scenario") return true;
  const name = (shown.scenario.run as { model: { name: string } }).model.name;
  return about.value?.model.name === name && session.value !== null;
});

/** Whether the steps of the story are what is shown, and not a branch of the visitor's own. */
export const onTrack = computed(() => {
  const shown = tour.value;
  return shown?.kind !== "scenario" || (current.value?.id === shown.branch && path.value.includes(moment.value));
});
