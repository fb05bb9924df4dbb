/** The commands of the stage, for the keyboard, the palette and the help. */
import type { LetterView, NodeIndex, NodeView } from "../api/types";
import { register, type Command } from "../state/commands";
import { about, selection, view } from "../state/store";
import {
  cutReason, deliver, deliverNext, crashes, drop, duplicate, effects, flush, heal, hold, later, nameOf, nodeActions, passTime, pauseOrResume,
  perform, reads, restart, say, sooner, timer, write, type Action,
} from "./actions";
import { electPrimary, letItRun, oneStep, running, stop } from "./run";
import { cutting, primaryOf } from "./state";
import { text, type StageText } from "./text";

/** What the keyboard needs of the drawing. */
export interface Hands {
  focusNode: (node: NodeIndex) => void;
  focusLetters: () => void;
  focusClock: (node: NodeIndex) => void;
  openMenu: () => void;
}

export function selectedNode(): NodeView | null {
  const [shown, chosen] = [view.value, selection.value];
  if (shown === null || chosen?.kind !== "node") return null;
  return shown.nodes[chosen.node] ?? null;
}

export function selectedLetter(): LetterView | null {
  const [shown, chosen] = [view.value, selection.value];
  if (shown === null || chosen?.kind !== "letter") return null;
  return shown.letters.find(({ id }) => id === chosen.letter) ?? null;
}

/** The crash of whoever is primary. */
export function crashPrimary(): Action {
  const shown = view.value;
  const primary = shown === null ? null : primaryOf(shown);
  if (shown === null || primary === null) {
    const why = shown?.broken != null ? text("whyOver") : text("whyNoPrimary");
    return { id: "crash-primary", label: text("crashPrimary"), why, run: () => undefined };
  }
  return { ...crashes(shown.nodes[primary]!)[0]!, id: "crash-primary", label: text("crashPrimary") };
}

/** A write at the machine that is selected, if it takes one; else at whoever does. */
export function writeSomewhere(): Action {
  const shown = view.value;
  const chosen = selectedNode();
  const own = chosen === null ? null : write(chosen);
  if (own !== null && own.why === null) return own;
  const ready = shown?.nodes.map(write).find(({ why }) => why === null);
  const primary = shown === null ? null : primaryOf(shown);
  const of = primary === null ? undefined : shown?.nodes[primary];
  const none: Action = { id: "write", label: text("write"), why: shown?.broken != null ? text("whyOver") : text("whyNoServer"), run: () => undefined };
  return ready ?? own ?? (of === undefined ? none : write(of));
}

type Spec = [id: string, title: StageText, keys: string[], group: Command["group"], run: () => void, enabled?: () => boolean];

const onNode = (pick: (node: NodeView) => Action | undefined) => (): void => {
  const node = selectedNode();
  if (node !== null) perform(pick(node));
};
const onLetter = (pick: (letter: LetterView) => Action) => (): void => {
  const letter = selectedLetter();
  if (letter !== null) perform(pick(letter));
};
const hasNode = (): boolean => selectedNode() !== null;
const hasLetter = (): boolean => selectedLetter() !== null;

function cutOrHeal(): void {
  if (view.value?.cut != null) perform(heal());
  else {
    const why = cutReason();
    if (why === null) cutting.value = true;
    else say(`${text("cutTitle")}: ${why}.`);
  }
}

export const toggleRun = (): void => (running.value ? stop() : letItRun());

function specs(hands: Hands): Spec[] {
  return [
    ["stage-crash-primary", "crashPrimary", ["Shift+c"], "run", () => perform(crashPrimary())],
    ["stage-elect", "electPrimary", ["Shift+f"], "run", electPrimary],
    ["stage-run", "run", ["g"], "run", toggleRun],
    ["stage-natural", "natural", ["n"], "run", oneStep],
    ["stage-write", "write", ["w"], "run", () => perform(writeSomewhere())],
    ["stage-time", "timePasses", ["."], "run", () => perform(passTime()), () => about.value?.timed === true],
    ["stage-cut", "cut", ["x"], "stage", cutOrHeal],
    ["stage-heal", "heal", [], "stage", () => perform(heal()), () => view.value?.cut != null],
    ["stage-crash", "crash", ["c"], "stage", onNode((node) => crashes(node)[0]), hasNode],
    ["stage-restart", "restart", ["r"], "stage", onNode(restart), hasNode],
    ["stage-pause", "pause", ["p"], "stage", onNode(pauseOrResume), hasNode],
    ["stage-timer", "nodeTimer", ["f"], "stage", onNode(timer), hasNode],
    ["stage-flush", "flush", ["i"], "stage", onNode(flush), hasNode],
    ["stage-effect", "effectNext", ["y"], "stage", onNode((node) => effects(node)[0]), hasNode],
    ["stage-lease-read", "leaseRead", ["l"], "stage", onNode((node) => reads(node).find(({ id }) => id === "lease-read" || id === "read")), hasNode],
    ["stage-quorum-read", "quorumRead", ["q"], "stage", onNode((node) => reads(node).find(({ id }) => id === "quorum-read" || id === "read")), hasNode],
    ["stage-switchover", "switchoverFirst", ["h"], "stage", onNode((node) => nodeActions(node).find(({ key }) => key === "h")), hasNode],
    ["stage-messages", "cMessages", ["m"], "stage", hands.focusLetters],
    ["stage-deliver", "deliver", ["d"], "stage", () => (hasLetter() ? onLetter(deliver)() : onNode(deliverNext)()), () => hasLetter() || hasNode()],
    ["stage-drop", "drop", ["Delete", "Backspace"], "stage", onLetter(drop), hasLetter],
    ["stage-duplicate", "duplicate", ["u"], "stage", onLetter(duplicate), hasLetter],
    ["stage-hold", "hold", ["j"], "stage", onLetter(hold), hasLetter],
    ["stage-earlier", "earlier", ["Alt+ArrowUp"], "stage", onLetter(sooner), hasLetter],
    ["stage-later", "later", ["Alt+ArrowDown"], "stage", onLetter(later), hasLetter],
    ["stage-clock", "cClock", ["k"], "stage", () => hands.focusClock(selectedNode()?.index ?? 0), () => about.value?.timed === true],
    ["stage-menu", "cMenu", ["Shift+F10"], "stage", hands.openMenu, () => hasNode() || hasLetter()],
  ];
}

/** Makes them known; the function that takes them away again. */
export function registerStage(hands: Hands): () => void {
  const list = specs(hands).map(([id, title, keys, group, run, enabled]): Command => ({
    id, title: () => text(title), group, keys, run, ...(enabled === undefined ? {} : { enabled }),
  }));
  const digits = Array.from({ length: 7 }, (_, i): Command => ({
    id: `stage-select-${i}`, title: () => text("cSelect", { node: nameOf(i) }), group: "stage", keys: [String(i)],
    enabled: () => i < (about.value?.nodes.length ?? 0), run: () => hands.focusNode(i),
  }));
  return register(...list, ...digits);
}
