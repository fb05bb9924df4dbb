/**
 * The run at hand, kept for the next visit: the branch that is shown as a link has it, and every other one as far as all
 * of them fit into what a browser gives a page.
 */
import type { LinkRun, MomentId } from "../api/types";
import { followRun, goThrough, onCourse, stopOf, type Replayed } from "../share/replay";
import { shortNote } from "../share/show";
import { type Branch, type Left, type Line, type Origin, showAll, trouble } from "../state/store";

/** Characters of all that is kept; browsers give a page five times as much. */
export const MOST_KEPT = 1_000_000;

const ORIGINS: Origin[] = ["main", "fork", "counterexample", "import", "scenario"];

interface Other {
  origin: Origin;
  number: number;
  choices: number[];
}

interface Kept {
  run: LinkRun;
  /** The step that is shown. */
  at: number;
  /** The branch that is shown, among all. */
  origin: Origin;
  number: number;
  place: number;
  others: Other[];
}

/** A branch that did not change is not written down again. */
const written = new WeakMap<Branch, string>();

function write(open: Left, one: Branch): string {
  const known = written.get(one);
  if (known !== undefined) return known;
  const { origin, number, tip } = one;
  const other: Other = { origin, number, choices: open.session.link(tip, "").choices };
  const said = JSON.stringify(other);
  written.set(one, said);
  return said;
}

/** What is to be kept of a session; null if not even the branch that is shown fits. */
export function keptOf(open: Left): string | null {
  const place = open.branches.findIndex((one) => one.id === open.branch);
  const shown = open.branches[place];
  if (shown === undefined) return null;
  const { origin, number, tip } = shown;
  const run = open.session.link(tip, open.note);
  const at = open.session.path(open.moment).length - 1;
  const others: string[] = [];
  let before = 0;
  const whole = (): string => {
    const kept: Omit<Kept, "others"> = { run, at, origin, number, place: before };
    return `${JSON.stringify(kept).slice(0, -1)},"others":[`;
  };
  let length = whole().length + 8;
  if (length > MOST_KEPT) return null;
  for (const [index, one] of open.branches.entries()) {
    if (one === shown) continue;
    const other = write(open, one);
    if (length + other.length + 1 > MOST_KEPT) continue;
    length += other.length + 1;
    others.push(other);
    if (index < place) before++;
  }
  return `${whole()}${others.join(",")}]}`;
}

function readOther(value: unknown): Other | null {
  const { origin, number, choices } = value as Partial<Other>;
  const whole = ORIGINS.includes(origin as Origin) && Number.isInteger(number) && Array.isArray(choices);
  return whole ? (value as Other) : null;
}

interface Gone {
  lines: Line[];
  /** Which of them is shown. */
  shown: number;
  stopped: string | null;
}

/** Goes the other branches as well, as far as they are possible; `place` of them come before the one that is shown. */
async function goOthers({ session, stopped }: Replayed, own: Line, place: number, others: Other[]): Promise<Gone | null> {
  if (stopped !== null || others.length === 0) return { lines: [own], shown: 0, stopped };
  const all = others.reduce((sum, { choices }) => sum + choices.length, 0);
  return onCourse(session, all, async (course) => {
    const [before, after]: [Line[], Line[]] = [[], []];
    for (const [index, { origin, number, choices }] of others.entries()) {
      const { at: tip } = await goThrough(session, course, choices.length, (from, step) => session.choose(from, choices[step]!));
      if (tip !== 0) (index < place ? before : after).push({ origin, number, tip });
    }
    return { lines: [...before, own, ...after], shown: before.length, stopped: stopOf(course) };
  });
}

/** Shows what was kept. Throws if it cannot be read; does nothing if another run was opened meanwhile. */
export async function openKept(text: string): Promise<void> {
  const { run, at, origin = "main", number = 1, place = 0, others = [] } = JSON.parse(text) as Kept;
  const { kept: note } = shortNote(run.note);
  const replayed = await followRun({ ...run, note });
  if (replayed === null) return;
  const { session, tip } = replayed;
  const own: Line = { origin: ORIGINS.includes(origin) ? origin : "main", number, tip };
  const gone = await goOthers(replayed, own, place, others.map(readOther).filter((one) => one !== null));
  if (gone === null) return;
  const way: MomentId[] = session.path(tip);
  showAll(session, gone.lines, gone.shown, way[Math.max(0, Math.min(at, way.length - 1))] ?? tip, note);
  trouble.value = gone.stopped;
}
