import { Session } from "../api/core";
import type { LinkRun } from "../api/types";
import { note, show, trouble, type Origin } from "../state/store";
import { text } from "./text";

/** The longest note that the core keeps, in bytes: `MAX_NOTE` of `www/wasm/src/session`. */
export const MOST_NOTE = 16_384;

/** A note as far as the core keeps it, never ending within a character, and what is to be said of it. */
export function shortNote(whole: string): { kept: string; warning: string | null } {
  const bytes = new TextEncoder().encode(whole);
  if (bytes.length <= MOST_NOTE) return { kept: whole, warning: null };
  const kept = new TextDecoder().decode(bytes.subarray(0, MOST_NOTE), { stream: true });
  return { kept, warning: text("noteCut", { most: MOST_NOTE.toLocaleString("en") }) };
}

/** One notice of all that is to be said. */
export function sentences(...said: (string | null)[]): string | null {
  const found = said.filter((one) => one !== null);
  return found.length === 0 ? null : found.join(" ");
}

/** Shows all of a recorded run, at the step it names; says what is to be said of it. The number of steps. */
export function showRun(run: LinkRun, at: number | null, origin: Origin = "import"): number {
  const { kept, warning: cut } = shortNote(run.note);
  const { session, warning } = Session.follow({ ...run, note: kept });
  const tip = session.size - 1;
  const moments = session.path(tip);
  show(session, tip, moments[Math.max(0, Math.min(at ?? tip, moments.length - 1))] ?? tip, origin);
  note.value = kept;
  trouble.value = sentences(warning, cut);
  return moments.length - 1;
}
