/** Sessions that are left keep all their branches, in the page and for the next visit. */
import { beforeEach, describe, expect, it } from "vitest";
import { Session } from "../src/api/core";
import { park } from "../src/panels/sessions";
import { keptOf, MOST_KEPT, openKept } from "../src/shell/kept";
import { sandbox, start } from "../src/state/start";
import { addBranch, arrive, branch, branches, forget, goToStep, left, moment, note, open, parked, path, restore, session, standing, switchTo } from "../src/state/store";
import { ready } from "./core";

await ready();

/** Three branches, of which the second is shown before its end. */
function forks(): void {
  open(start());
  const own = session.value!;
  for (let step = 0; step < 30; step++) arrive(own.auto(moment.value, step)!);
  for (const from of [10, 20]) {
    goToStep(from);
    const [crash] = own.choices(moment.value).filter(({ kind }) => kind === "crash");
    arrive(own.choose(moment.value, crash!.index));
    for (let step = 0; step < 5; step++) arrive(own.auto(moment.value, step)!);
    if (from === 10) switchTo(branches.value[0]!.id);
  }
  switchTo(branches.value[1]!.id);
  goToStep(14);
  note.value = "look";
}

const names = () => branches.value.map(({ origin, number, tip }) => ({ origin, number, way: session.value!.names(tip) }));
const here = () => ({ all: names(), shown: branches.value.findIndex(({ id }) => id === branch.value), step: path.value.indexOf(moment.value), note: note.value });
const gone = (one: Session): boolean => {
  try {
    return one.size < 0;
  } catch {
    return true;
  }
};

beforeEach(() => {
  forks();
  for (const one of [left.value, parked.value]) if (one !== null) forget(one);
  expect(branches.value.length).toBe(3);
});

describe("a session that is left", () => {
  it("is there as it stood, with every branch", () => {
    const stood = here();
    open(sandbox(start()));
    expect([branches.value.length, note.value]).toEqual([1, ""]);
    restore(left.value!);
    expect(here()).toEqual(stood);
    expect(left.value!.branches.length).toBe(1);
  });

  it("gives way to the one that is left next, and its memory is given back", () => {
    const first = session.value!;
    open(start());
    const second = session.value!;
    open(start());
    expect([left.value!.session === second, gone(first), gone(second)]).toEqual([true, true, false]);
    forget(left.value!);
    expect([left.value, gone(second)]).toEqual([null, true]);
  });

  it("stays, once it is parked, however many others are looked at", () => {
    const [stood, first] = [here(), session.value!];
    park();
    // What is done before the other one is there is not lost.
    for (let step = 0; step < 3; step++) open(start());
    park();
    expect(parked.value!.session).toBe(first);
    const last = left.value!.session;
    restore(parked.value!);
    expect(here()).toEqual(stood);
    expect([parked.value, gone(last), gone(left.value!.session)]).toEqual([null, true, false]);
  });

  it("is parked with what was done after that", () => {
    park();
    goToStep(5);
    open(start());
    expect(parked.value!.moment).toBe(5);
  });
});

describe("what is kept for the next visit", () => {
  it("is every branch, and where one stood", async () => {
    const stood = here();
    const kept = keptOf(standing()!)!;
    open(start());
    await openKept(kept);
    expect(here()).toEqual(stood);
    // The next branch has a number of its own.
    addBranch("fork", 3);
    expect(branches.value.at(-1)!.number).toBe(3);
  });

  it("is only as much as fits: the branch that is shown, and others", async () => {
    const own = session.value!;
    const shown = branches.value[1]!;
    // Branches by the thousand that differ from each other in nothing but their end.
    const ends = path.value.slice(1);
    branches.value = [...branches.value, ...Array.from({ length: 18_000 }, (_, at) => ({ ...shown, id: -at - 1, number: at, tip: ends[at % ends.length]! }))];
    const kept = keptOf(standing()!)!;
    expect(kept.length).toBeLessThanOrEqual(MOST_KEPT);
    expect(kept.length).toBeGreaterThan(MOST_KEPT - 200);
    const [way, step] = [own.names(shown.tip), path.value.indexOf(moment.value)];
    await openKept(kept);
    expect(session.value!.names(path.value.at(-1)!)).toEqual(way);
    expect(path.value.indexOf(moment.value)).toBe(step);
    expect(branches.value.length).toBeGreaterThan(1_000);
  }, 30_000);

  it("may be of a page that kept one branch", async () => {
    const one = session.value!.link(branches.value[2]!.tip, "look");
    await openKept(JSON.stringify({ run: one, at: 4 }));
    expect([branches.value.length, branches.value[0]!.origin, path.value.indexOf(moment.value)]).toEqual([1, "main", 4]);
  });

  it("is refused if it is no run", async () => {
    for (const broken of ["", "{}", "null", '{"run":{}}', '{"run":{"choices":[]},"others":[1]}']) await expect(openKept(broken)).rejects.toThrow();
  });
});
