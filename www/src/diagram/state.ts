/** What the diagram knows beside the run itself: how it is looked at, and what follows from the run. */
import { computed, effect, signal } from "@preact/signals";
import type { EventView } from "../api/types";
import { remember, remembered } from "../shell/settings";
import { about, announcement, current, events, goTo, moment, path, selection, session, step } from "../state/store";
import { type Cone, cone } from "./cone";
import { type Ground, type Mode, type Stub, Track, UNIT, stubs } from "./layout";
import type { Words } from "./paint";
import { text } from "./text";

export type Tab = "diagram" | "list";

export const tab = signal<Tab>("diagram");
const kept = remembered("diagram");
const wanted = signal<Mode | null>(kept === "time" || kept === "steps" ? kept : null);

/** True time, unless steps are asked for; steps where no time passes. */
export const mode = computed<Mode>(() => (about.value?.timed === true ? (wanted.value ?? "time") : "steps"));

export function setMode(next: Mode): void {
  wanted.value = next;
  remember("diagram", next);
}

const beginning = computed<Ground | null>(() => {
  const open = session.value;
  if (open === null) return null;
  const lanes = open.view(0).nodes.map((node) => ({
    role: node.role, phase: node.phase, epoch: node.epoch, serving: node.serving, paused: node.paused,
    lease: node.lease?.left ?? null, committed: node.committed, clock: node.clock,
  }));
  return { nodes: lanes.length, fenced: open.about.fenced, lanes };
});

/** A track grows in place: who draws it compares the steps as well. */
export interface Drawn {
  track: Track;
  steps: number;
}

let last: Track | null = null;

export const drawn = computed<Drawn | null>(() => {
  const ground = beginning.value;
  if (ground === null) return null;
  const before = last !== null && last.ground === ground ? last : new Track(ground);
  last = before.grow(events.value);
  return { track: last, steps: last.steps };
});

/** The zoom that the reader chose; null while none is chosen. */
export const zooms = { time: signal<number | null>(null), steps: signal<number | null>(null) };

// Another run is looked at afresh.
effect(() => {
  void session.value;
  zooms.time.value = null;
  zooms.steps.value = null;
});

/** Pixels that a step has in the mean when nobody has chosen. */
const COMFORT = 34;

/** In true time, as much as the events need; in powers of 1.25, so that a run that grows does not jump at each step. */
export function naturalZoom({ track, steps }: Drawn, shown: Mode): number {
  if (shown === "steps" || steps === 0) return 1;
  const units = track.timeAt(steps) + 1;
  const exact = (COMFORT * steps) / (units * UNIT);
  return Math.max(0.4, Math.min(24, 1.25 ** Math.round(Math.log(exact) / Math.log(1.25))));
}

export const zoom = computed(() => {
  const now = drawn.value;
  return zooms[mode.value].value ?? (now === null ? 1 : naturalZoom(now, mode.value));
});

/** The step of the event that is selected, if it is on this branch. */
export const selectedStep = computed<number | null>(() => {
  const chosen = selection.value;
  if (chosen?.kind !== "event") return null;
  return drawn.value?.track.stepOfMoment(chosen.moment) ?? null;
});

export const causes = computed<Cone | null>(() => {
  const [now, chosen] = [drawn.value, selectedStep.value];
  return now === null || chosen === null ? null : cone(now.track, chosen);
});

/** In words what the tints of the causes say; null without any. */
export const causesSentence = computed<string | null>(() => {
  const [at, found] = [selectedStep.value, causes.value];
  if (at === null || at === 0) return null;
  if (found === null) return text("noCone", { step: at });
  const { past, future, concurrent } = found;
  return text("past", { step: at, past, future, concurrent, all: past + future + concurrent + 1 });
});

/** Selects the event at the cursor, or takes the selection of an event away. */
export function toggleCauses(): void {
  if (selection.value?.kind === "event") selection.value = null;
  else if (step.value > 0) {
    selection.value = { kind: "event", moment: moment.value };
    announcement.value = causesSentence.value ?? "";
  }
}

export const flying = computed<Stub[]>(() => {
  const [open, shown, now] = [session.value, current.value, drawn.value];
  if (open === null || shown === null || now === null) return [];
  return stubs(now.track, open.view(shown.tip).letters, open.about.network === "counted");
});

/** Goes to a step; a selected event follows. */
export function moveTo(to: number): void {
  const moments = path.value;
  const id = moments[Math.max(0, Math.min(to, moments.length - 1))];
  if (id === undefined) return;
  goTo(id);
  if (selection.value?.kind === "event" && id !== 0) selection.value = { kind: "event", moment: id };
}

export function nameOf(node: number): string {
  return about.value?.nodes[node]?.name ?? `n${node}`;
}

/** Where something happens, in words. */
export function whereOf({ place, kind, name }: EventView): string {
  switch (place.kind) {
    case "between":
      return `${nameOf(place.from)} → ${nameOf(place.to)}`;
    case "lost":
      return `${nameOf(place.from)} → ${nameOf(place.to)} ✗ ${text("lost")}`;
    case "at":
      return nameOf(place.node);
    case "resource":
      return `${nameOf(place.from)} → ${text("resource")}`;
    case "everywhere":
      return text("everywhere");
    case "links":
      return kind === "pause" || kind === "resume" ? name.split(" ")[0]! : text("links");
  }
}

/** A step in one sentence. */
export function sentenceOf(event: EventView): string {
  const broken = event.broken === null ? "" : `. ${text("violated", { invariant: event.broken.invariant })}: ${event.broken.why}`;
  return `${whereOf(event)}: ${event.label}${event.changes.map((change) => `; ${change}`).join("")}${broken}`;
}

export const words: Words = {
  fault: ({ kind, node, detail }) => text(kind, { node: node === null ? "" : nameOf(node), detail }),
  violated: (invariant) => text("violated", { invariant }),
};
