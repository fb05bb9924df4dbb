import { Session } from "../api/core";
import type { LinkRun } from "../api/types";
import { note, show, trouble, type Origin } from "../state/store";

/** Shows all of a recorded run, at the step it names; says what is to be said of it. The number of steps. */
export function showRun(run: LinkRun, at: number | null, origin: Origin = "import"): number {
  const { session, warning } = Session.follow(run);
  const tip = session.size - 1;
  const moments = session.path(tip);
  show(session, tip, moments[Math.max(0, Math.min(at ?? tip, moments.length - 1))] ?? tip, origin);
  note.value = run.note;
  trouble.value = warning;
  return moments.length - 1;
}
