/**
 * How the page begins: the core is loaded, then what the address names is opened, else what was at hand last time, else
 * a cluster that already serves.
 */
import { effect, signal } from "@preact/signals";
import { reason } from "../api/reason";
import { load, Session } from "../api/core";
import type { Model } from "../api/types";
import { attempt, branches, current, note, open, session, show, standing, step, trouble } from "../state/store";
import { start, WIDE } from "../state/start";
import { room, roomOf } from "../state/room";
import { isNamed, nameRun, unnameRun, watchRooms } from "../share/address";
import { hasLink, readLink } from "../share/link";
import { carriedRun, showRun } from "../share/show";
import { bytesOf } from "../api/parts";
import { keptOf, openKept } from "./kept";
import { fetchAll } from "./later";
import { remember, remembered } from "./settings";

export const stage = signal<"loading" | "ready" | "failed">("loading");
export const failure = signal("");

/** More steps than any bundled cluster needs until somebody serves. */
const PATIENCE = 400;

/** Opens a model, and lets it run until a primary serves; stays at the beginning if none ever does. */
export function openServing(model: Model): void {
  attempt(() => {
    const opened = Session.open(model);
    const tip = serve(opened);
    show(opened, tip);
  });
}

/** Opens a model as one begins to play with it: at the beginning, or once a primary serves if its bounds are wide. */
export function openModel(model: Model): void {
  if (model.scope.epochs < WIDE.epochs) open(model);
  else openServing(model);
}

function serve(opened: Session): number {
  let at = 0;
  for (let steps = 0; steps < PATIENCE; steps++) {
    const next = opened.auto(at, steps);
    if (next === null) return 0;
    at = next;
    const { lanes, broken } = opened.event(at)!;
    if (lanes.some((lane) => lane.serving)) return at;
    if (broken !== null) return at;
  }
  return 0;
}

/** Opens what the address names. False if it names nothing, or nothing that can be read; that is said. */
export async function openAddress(): Promise<boolean> {
  if (!hasLink(location.hash)) return false;
  try {
    const { hash } = location;
    const { run, at } = await readLink(hash);
    const steps = await showRun(run, at);
    if (steps !== null && location.hash === hash) {
      nameRun(hash);
      room.value = "play";
    }
    return true;
  } catch (error) {
    trouble.value = reason(error);
    return false;
  }
}

/** The address changed: another room, or another run. */
function turn(): void {
  if (!hasLink(location.hash)) room.value = roomOf(location.hash) ?? "play";
  else if (isNamed()) room.value = "play";
  else void openAddress();
}

async function openRemembered(): Promise<boolean> {
  const kept = remembered("run");
  if (kept === null) return false;
  try {
    await openKept(kept);
    return true;
  } catch {
    remember("run", null);
    return false;
  }
}

/** The run that a report carries. */
async function openReport(): Promise<boolean> {
  const carried = document.getElementById("quorate-run")?.textContent ?? "";
  if (carried === "" || carried === "null") return false;
  try {
    const { run, at } = carriedRun(carried, decodeURIComponent(location.pathname.split("/").at(-1) ?? ""));
    await showRun(run, at);
    return true;
  } catch (error) {
    trouble.value = reason(error);
    return false;
  }
}

export function openStart(): void {
  openServing(start());
}

/** Keeps the run at hand for the next visit, half a second after it changed; an address that no longer names it goes. */
function keep(): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let was: Session | null = null;
  let tip = -1;
  /** Whether the run went on since it was opened, or another branch is shown. */
  let moved = false;
  effect(() => {
    const [open, shown] = [session.value, current.value];
    // Another room has another address, which names the run no longer.
    void [branches.value, step.value, note.value, room.value];
    if (open === null || shown === null) return;
    const first = was === null;
    moved = open === was && (moved || tip !== shown.tip);
    [was, tip] = [open, shown.tip];
    if (first) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      const now = standing();
      if (now?.session !== open) return;
      if (hasLink(location.hash) && (moved || !isNamed())) unnameRun();
      attempt(() => {
        const kept = keptOf(now);
        if (kept !== null) remember("run", kept);
      });
    }, 500);
  });
}

/** Opens what there is to open first: of a report its run, what the address names, what was at hand, or the start. */
async function openFirst(small: boolean): Promise<void> {
  if ((await openReport()) || (await openAddress())) return;
  const said = trouble.value;
  if (said !== null || small || !(await openRemembered())) openStart();
  trouble.value = said ?? trouble.value;
}

export async function boot(): Promise<void> {
  try {
    const small = new URLSearchParams(location.search).has("embed");
    if (!small) watchRooms();
    await load(bytesOf("play"));
    addEventListener("hashchange", turn);
    await openFirst(small);
    stage.value = "ready";
    if (!small) keep();
    setTimeout(() => void fetchAll(), 300);
  } catch (error) {
    failure.value = reason(error);
    stage.value = "failed";
  }
}
