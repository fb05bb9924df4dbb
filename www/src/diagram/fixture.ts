/** Runs for tests: events as the core tells them, without the core. */
import type { ChoiceKind, Epoch, EventView, Lane, Place } from "../api/types";
import type { Ground } from "./layout";

export const epoch = (term: number): Epoch => ({ generation: 0, term, text: `e${term}` });

export const idle: Lane = {
  role: "follower", phase: null, epoch: epoch(0), serving: false, paused: false, lease: null, committed: 0, clock: 0,
};

export function ground(nodes: number, fenced = false): Ground {
  return { nodes, fenced, lanes: Array.from({ length: nodes }, () => idle) };
}

/** Writes down a run step by step: every step begins with what the one before it left. */
export class Story {
  readonly events: EventView[] = [];
  private lanes: Lane[];
  private time = 0;
  private acked = 0;
  private letters = 0;
  constructor(nodes: number) {
    this.lanes = Array.from({ length: nodes }, () => idle);
  }

  /** The number of the newest step, which is its moment too. */
  get now(): number {
    return this.events.length;
  }

  add(kind: ChoiceKind, place: Place, label: string, more: Partial<EventView> = {}, lanes: Record<number, Partial<Lane>> = {}): this {
    this.lanes = this.lanes.map((lane, node) => ({ ...lane, ...lanes[node] }));
    this.time = more.time ?? this.time;
    this.acked = more.acked ?? this.acked;
    const id = this.events.length + 1;
    this.events.push({
      id, parent: id - 1, depth: id, name: label, kind, place, label, changes: [], letter: null, sent: [], lanes: this.lanes,
      time: this.time, acked: this.acked, broken: null, ...more,
    });
    return this;
  }

  at(node: number, kind: ChoiceKind, label: string, lanes: Record<number, Partial<Lane>> = {}, more: Partial<EventView> = {}): this {
    return this.add(kind, { kind: "at", node }, label, more, lanes);
  }

  /** A message that was sent in step `sent` arrives. */
  arrive(from: number, to: number, sent: number, label = "vote e1", lanes: Record<number, Partial<Lane>> = {}, answer = false): this {
    return this.add("deliver", { kind: "between", from, to }, label, { letter: { id: ++this.letters, sent, kind: label, answer } }, lanes);
  }

  lose(from: number, to: number, sent: number): this {
    return this.add("drop", { kind: "lost", from, to }, "vote e1", { letter: { id: ++this.letters, sent, kind: "vote", answer: false } });
  }

  pass(): this {
    return this.add("pass", { kind: "everywhere", ticks: this.lanes.map(() => 1) }, "time", { time: this.time + 1 });
  }

  links(kind: ChoiceKind, name: string, lanes: Record<number, Partial<Lane>> = {}): this {
    return this.add(kind, { kind: "links" }, name, { name }, lanes);
  }
}

/** A long run of three machines: elections, writes, time, crashes. The same each time. */
export function long(steps: number): EventView[] {
  const story = new Story(3);
  let seed = 7;
  const random = (below: number): number => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return Math.floor((seed / 2147483648) * below);
  };
  let term = 0;
  /** The newest step of each machine: what it sends is sent in it. */
  const newest = (node: number): number =>
    story.events.findLast(({ place }) => (place.kind === "at" ? place.node : place.kind === "between" ? place.to : -1) === node)?.id ?? 0;
  while (story.now < steps) {
    const node = random(3);
    switch (random(12)) {
      case 0:
        story.pass();
        break;
      case 1:
        term++;
        story.at(node, "tick", "timer", { [node]: { role: "candidate", epoch: epoch(term) } });
        break;
      case 2:
        story.at(node, "crash", "crashes", { [node]: { role: "down", serving: false, lease: null } });
        break;
      case 3:
        story.at(node, "restart", "restarts", { [node]: { role: "follower" } });
        break;
      case 4:
        story.at(node, "flush", "flushed", { [node]: { role: "primary", serving: true, epoch: epoch(Math.max(1, term)), lease: random(9) } });
        break;
      default: {
        const to = (node + 1 + random(2)) % 3;
        story.arrive(node, to, newest(node), `append e${term}`, {}, random(2) === 0);
      }
    }
  }
  return story.events;
}
