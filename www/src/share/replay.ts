/**
 * Going through a recorded run without holding up the page.
 *
 * A short run is gone through by the core at once. A long one goes choice by choice, in slices with the page alive between
 * them; what the core checks of a run is checked all the same, and said in its words: it is asked about the run without
 * choices, and what went wrong on the way is added. Whoever stops keeps what was reached. A run that is opened meanwhile
 * takes the place of the one that is on its way.
 */
import { signal } from "@preact/signals";
import { reason } from "../api/reason";
import { breathe } from "../api/breathe";
import { Session } from "../api/core";
import type { LinkRun, MomentId } from "../api/types";
import { announcement, session as shown } from "../state/store";
import { text } from "./text";

/** How far one has got through a run that takes its time. */
export const going = signal<{ done: number; all: number } | null>(null);

export interface Replayed {
  session: Session;
  tip: MomentId;
  /** What is to be said of the run. */
  warning: string | null;
  /** That it was stopped on the way, in a sentence. */
  stopped: string | null;
}

/** So many choices are gone through at once. */
const FEW = 200;
/** Milliseconds of work between two looks at the page, and before one speaks of progress. */
const SLICE = 30;
const PATIENCE = 250;
/** What the core refuses before it goes through anything: more choices, or more bytes of a link. */
const MOST = { choices: 100_000, bytes: 1 << 20 };

/** A way through one session: all that is to be done in it, and how much is. */
export interface Course {
  all: number;
  done: number;
  stopped: boolean;
  begun: number;
  /** When the page is next looked at. */
  until: number;
  /** What was shown when it began. */
  before: Session | null;
}

/** Only the newest goes on. */
let newest: Course | null = null;

/** Another run was opened in the meantime: there is nothing to show, and nothing to say. */
class Overtaken extends Error {}

export function stop(): void {
  if (newest !== null) newest.stopped = true;
}

async function look(course: Course): Promise<void> {
  if (performance.now() - course.begun > PATIENCE) {
    if (going.value === null) announcement.value = text("going", { all: course.all.toLocaleString("en") });
    going.value = { done: course.done, all: course.all };
  }
  await breathe();
  if (newest !== course || shown.value !== course.before) throw new Overtaken();
  course.until = performance.now() + SLICE;
}

interface Reached {
  at: MomentId;
  done: number;
  /** Why it could not go on. */
  refused: string | null;
}

/** Lets `count` choices happen from the beginning on, as far as they are possible. */
export async function goThrough(session: Session, course: Course, count: number, choose: (at: MomentId, index: number) => MomentId): Promise<Reached> {
  let at = 0;
  for (let done = 0; done < count; done++) {
    if (performance.now() > course.until) await look(course);
    if (course.stopped) return { at, done, refused: null };
    try {
      at = choose(at, done);
    } catch (error) {
      return { at, done, refused: reason(error) };
    }
    // The page wants to know of every step what happened in it: better now than all at once.
    session.event(at);
    course.done++;
  }
  return { at, done: count, refused: null };
}

/** Does what takes its time, one at a time; null if it was overtaken. Closes the session unless it is answered. */
export async function onCourse<T>(session: Session, all: number, work: (course: Course) => Promise<T>): Promise<T | null> {
  const now = performance.now();
  const course: Course = { all, done: 0, stopped: false, begun: now, until: now + SLICE, before: shown.value };
  newest = course;
  try {
    return await work(course);
  } catch (error) {
    session.close();
    if (error instanceof Overtaken) return null;
    throw error;
  } finally {
    if (newest === course) {
      newest = null;
      going.value = null;
    }
  }
}

/** That somebody stopped, if somebody did. */
export function stopOf({ stopped, done, all }: Course): string | null {
  return stopped ? text("stopped", { done: done.toLocaleString("en"), all: all.toLocaleString("en") }) : null;
}

const isPlace = (value: unknown): boolean => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 0xffff_ffff;

/** Whether the core would go through a link, for longer than one waits without a word. */
function isLongLink(run: LinkRun, few: number): boolean {
  const { choices } = run;
  if (!Array.isArray(choices) || choices.length <= few || choices.length > MOST.choices || !choices.every(isPlace)) return false;
  return new TextEncoder().encode(JSON.stringify(run)).length <= MOST.bytes;
}

/** Doubts of the core about a link, apart from its choices; `end` is whether it ends as it was recorded. */
function doubts(run: LinkRun, session: Session, end: boolean): string | null {
  const asked = Session.follow({ ...run, choices: [], end: end ? session.link(0, "").end : "another" });
  asked.session.close();
  return asked.warning;
}

/** One doubt more. */
const doubted = (warning: string | null, doubt: string): string =>
  warning === null ? `The link does not mean quite what it did: ${doubt}.` : `${warning.slice(0, -1)}; ${doubt}.`;

/** As `Session.follow`. Null if another run was opened meanwhile. */
export async function followRun(run: LinkRun, few = FEW): Promise<Replayed | null> {
  if (!isLongLink(run, few)) {
    const { session, warning } = Session.follow(run);
    return { session, tip: session.size - 1, warning, stopped: null };
  }
  const { choices } = run;
  const { session } = Session.follow({ ...run, choices: [] });
  return onCourse(session, choices.length, async (course) => {
    const { at: tip, done, refused } = await goThrough(session, course, choices.length, (at, index) => session.choose(at, choices[index]!));
    const whole = refused === null && !course.stopped;
    const warning = doubts(run, session, !whole || session.link(tip, "").end === run.end);
    const why = `it stops before step ${done + 1} of ${choices.length}: ${refused}`;
    return { session, tip, warning: refused === null ? warning : doubted(warning, why), stopped: stopOf(course) };
  });
}

type Named = [place: number, name: string];

const isNamed = (value: unknown): boolean =>
  Array.isArray(value) && value.length === 2 && isPlace(value[0]) && typeof value[1] === "string";

/** A run file that the core would go through for longer than one waits; null if it would not, or would refuse it. */
function longFile(content: string, few: number): { choices: Named[] } | null {
  let file: { choices?: unknown } | null;
  try {
    file = JSON.parse(content) as typeof file;
  } catch {
    return null;
  }
  const choices = file?.choices;
  const long = Array.isArray(choices) && choices.length > few && choices.length <= MOST.choices && choices.every(isNamed);
  return long ? (file as { choices: Named[] }) : null;
}

/** What the core says of a choice in a session, as it says it of a step of a run. */
function ofStep(refused: string, step: number, at: MomentId, whole: string): string {
  const name = [...whole].filter((one) => !/\p{Cc}/u.test(one)).slice(0, 200).join("");
  const impossible = `choice: "${name}" is not possible at moment ${at}`;
  if (refused.startsWith(impossible)) return `choices: step ${step}, "${name}", is not possible there${refused.slice(impossible.length)}`;
  if (refused.startsWith(`choice: "${whole}" changes nothing`)) {
    return `choices: step ${step}, "${name}", changes nothing or leaves the bounds; remove it`;
  }
  return refused;
}

/** What is wrong with a file apart from its choices is said of the whole file: the core names the column. */
function beginningOf(file: object, content: string): Session {
  try {
    return Session.read(JSON.stringify({ ...file, choices: [] }));
  } catch {
    return Session.read(content);
  }
}

/** As `Session.read`. Null if another run was opened meanwhile. */
export async function readRunFile(content: string, few = FEW): Promise<Replayed | null> {
  const file = longFile(content, few);
  if (file === null) {
    const session = Session.read(content);
    return { session, tip: session.size - 1, warning: session.warning, stopped: null };
  }
  const { choices } = file;
  const session = beginningOf(file, content);
  return onCourse(session, choices.length, async (course) => {
    const { at: tip, done, refused } = await goThrough(session, course, choices.length, (at, index) => session.chooseNamed(at, choices[index]![1]));
    if (refused === null) return { session, tip, warning: null, stopped: stopOf(course) };
    if (session.view(tip).broken === null) throw new Error(ofStep(refused, done + 1, tip, choices[done]![1]));
    const warning = `${choices.length - done} later choices of the run are left out: an invariant is violated before them`;
    return { session, tip, warning, stopped: null };
  });
}
