import type { LinkRun } from "../api/types";
import { note, remark, show, trouble, type Origin } from "../state/store";
import { followRun, type Replayed } from "./replay";
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

/** Shows a session that has gone through a run, at a step of it; says what is to be said. The number of steps. */
export function showReplayed({ session, tip, warning, stopped }: Replayed, at: number | null, whole: string, origin: Origin = "import"): number {
  const { kept, warning: cut } = shortNote(whole);
  const moments = session.path(tip);
  show(session, tip, moments[Math.max(0, Math.min(at ?? tip, moments.length - 1))] ?? tip, origin);
  note.value = kept;
  remark.value = kept.trim() === "" ? null : kept;
  trouble.value = sentences(warning, stopped, cut);
  return moments.length - 1;
}

/** The run that a report carries, and its step. Throws a sentence if it is none; `name` is that of the report. */
export function carriedRun(carried: string, name: string): { run: LinkRun; at: number | null } {
  try {
    const { run, at } = JSON.parse(carried) as { run: Partial<LinkRun>; at: unknown };
    const words = [run.version, run.hash, run.end, run.note].every((one) => typeof one === "string");
    if (words && typeof run.model === "object" && Array.isArray(run.choices)) {
      return { run: run as LinkRun, at: Number.isInteger(at) ? (at as number) : null };
    }
  } catch {
    // No JSON, or none that is a run: said below.
  }
  throw new Error(text("fileDamaged", { name }));
}

/** Shows all of a recorded run, at the step it names. The number of steps; null if another run was opened meanwhile. */
export async function showRun(run: LinkRun, at: number | null): Promise<number | null> {
  const replayed = await followRun({ ...run, note: shortNote(run.note).kept });
  return replayed === null ? null : showReplayed(replayed, at, run.note);
}
