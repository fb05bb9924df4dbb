/**
 * Messages in flight: a pool of groups that is never rebuilt.
 *
 * What a group shows is set when a message gets it, and again only where it is different; on the way only
 * `style.transform` changes, for all of them in one frame callback that rests when nothing moves.
 */
import { epochColour, epochInk } from "../state/epoch";
import { language } from "../state/text";
import { look } from "./glyphs";
import type { Placed, Point } from "./layout";

const SVG = "http://www.w3.org/2000/svg";
const TRAVEL = 260;

/** What is known of a step when its messages are shown. */
export interface Motion {
  /** Whether anything moves at all. */
  moves: boolean;
  /** Where messages come from that were not there before, by key. */
  born: (placed: Placed) => Point;
  /** Where a message goes that is no more there, and whether it is lost; null: it only goes away. */
  gone: (key: string) => { to: Point; lost: boolean } | null;
  /** A message that arrives and yet stays. */
  visits: (key: string) => Point | null;
}

interface Slot {
  group: SVGGElement;
  arrow: SVGPathElement;
  pill: SVGRectElement;
  letters: SVGTextElement;
  /** Only where it stands for more than one. */
  badge: SVGTextElement | null;
  key: string;
  /** What is worn, to change it only where it differs. */
  looks: string;
  reached: boolean;
  selected: boolean;
  at: Point;
  from: Point;
  to: Point;
  /** Where it goes before it comes to rest. */
  via: Point | null;
  begins: number;
  moving: boolean;
}

function make<K extends keyof SVGElementTagNameMap>(name: K, attributes: Record<string, string>, ...inside: SVGElement[]): SVGElementTagNameMap[K] {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...inside);
  return element;
}

// Few shapes for each, and none that paints nothing: with hundreds of messages this is what a frame costs.
function slot(): Slot {
  const hit = make("circle", { class: "stage-hit", r: "14" });
  const arrow = make("path", {});
  const pill = make("rect", { class: "stage-pill", x: "-11", y: "-9", width: "22", height: "18", rx: "5" });
  const letters = make("text", { class: "stage-letters", y: "4", "aria-hidden": "true" });
  const group = make("g", { role: "button", tabindex: "-1", "aria-pressed": "false" }, hit, arrow, pill, letters);
  return {
    group, arrow, pill, letters, badge: null, key: "", looks: "", reached: false, selected: false,
    at: { x: 0, y: 0 }, from: { x: 0, y: 0 }, to: { x: 0, y: 0 }, via: null, begins: 0, moving: false,
  };
}

/** The tail in its dashes, and the head: one shape, drawn along the direction of travel. */
function arrow(dash: string, angle: number, held: boolean): string {
  const steps = dash === "none" ? [17] : dash.split(" ").map(Number);
  let path = "";
  for (let x = -30, i = 0; x < -13; i++) {
    const step = steps[i % steps.length]!;
    if (i % 2 === 0) path += `M${x} 0H${Math.min(x + step, -13)}`;
    x += step;
  }
  const reach = 11 + 3 * Math.abs(Math.cos(angle));
  return held ? `${path}M${reach + 3} -7V7` : `${path}M${reach} -5.5 ${reach + 9} 0 ${reach} 5.5Z`;
}

const ease = (t: number): number => 1 - (1 - t) ** 3;

export class Letters {
  private readonly used = new Map<string, Slot>();
  private readonly free: Slot[] = [];
  private leaving: Slot[] = [];
  private frame = 0;

  constructor(private readonly layer: SVGGElement, private readonly label: (placed: Placed) => string) {}

  /** The group of a message, to put the focus on. */
  group(key: string): SVGGElement | undefined {
    return this.used.get(key)?.group;
  }

  /** Keys in the order of the walk through the messages. */
  keys(): string[] {
    return [...this.used.keys()];
  }

  show(list: Placed[], motion: Motion): void {
    for (const one of this.leaving) this.release(one);
    this.leaving = [];
    const wanted = new Map(list.map((placed) => [placed.key, placed]));
    const now = performance.now();
    for (const [key, one] of this.used) {
      if (!wanted.has(key)) this.dismiss(key, one, motion, now);
    }
    const old = new Map(this.used);
    this.used.clear();
    for (const placed of list) {
      const known = old.get(placed.key);
      const mine = known ?? this.take(placed, motion);
      this.used.set(placed.key, mine);
      this.dress(mine, placed);
      const via = known !== undefined && motion.moves ? motion.visits(placed.key) : null;
      this.send(mine, placed, via, motion.moves, known === undefined ? now + TRAVEL / 2 : now);
    }
    this.wake();
  }

  /** The one that Tab reaches, and the one that is selected. */
  mark(reached: string | null, selected: string | null): void {
    for (const [key, one] of this.used) {
      if (one.reached !== (key === reached)) {
        one.reached = key === reached;
        one.group.setAttribute("tabindex", one.reached ? "0" : "-1");
      }
      if (one.selected !== (key === selected)) {
        one.selected = key === selected;
        one.group.setAttribute("aria-pressed", String(one.selected));
      }
    }
  }

  dispose(): void {
    cancelAnimationFrame(this.frame);
    this.layer.replaceChildren();
  }

  private take(placed: Placed, motion: Motion): Slot {
    const mine = this.free.pop() ?? slot();
    mine.key = placed.key;
    mine.group.dataset.key = placed.key;
    if (mine.group.parentNode === null) this.layer.append(mine.group);
    mine.group.style.display = "";
    const start = motion.moves ? motion.born(placed) : placed;
    this.put(mine, start);
    return mine;
  }

  private dismiss(key: string, one: Slot, motion: Motion, now: number): void {
    const end = motion.moves ? motion.gone(key) : null;
    if (end === null) {
      this.release(one);
      return;
    }
    one.looks = "";
    one.group.setAttribute("class", end.lost ? "stage-letter stage-lost" : "stage-letter stage-arriving");
    this.send(one, end.to, null, true, now);
    this.leaving.push(one);
  }

  private release(one: Slot): void {
    one.moving = false;
    one.group.style.display = "none";
    this.free.push(one);
  }

  private dress(one: Slot, placed: Placed): void {
    const { letter, angle, count } = placed;
    const { kind, epoch, answer, held, delivered } = letter;
    const looks = `${placed.key} ${kind} ${epoch.text} ${held} ${delivered} ${letter.copies} ${count} ${angle.toFixed(2)} ${language.value}`;
    if (one.looks === looks) return;
    one.looks = looks;
    const { letters, dash } = look(kind);
    one.group.setAttribute("class", `stage-letter${delivered > 0 ? " stage-again" : ""}${held ? " stage-held" : ""}`);
    one.group.setAttribute("aria-label", this.label(placed));
    one.arrow.setAttribute("class", answer ? "stage-arrow stage-answer" : "stage-arrow");
    one.arrow.setAttribute("transform", `rotate(${((angle * 180) / Math.PI).toFixed(1)})`);
    one.arrow.setAttribute("d", arrow(dash, angle, held));
    one.pill.style.fill = epochColour(epoch);
    one.letters.style.fill = epochInk(epoch);
    one.letters.textContent = letters;
    this.count(one, count);
  }

  private count(one: Slot, count: number): void {
    if (count === 1) {
      one.badge?.remove();
      one.badge = null;
      return;
    }
    if (one.badge === null) {
      one.badge = make("text", { class: "stage-badge", x: "13", y: "-7", "aria-hidden": "true" });
      one.group.append(one.badge);
    }
    one.badge.textContent = `×${count}`;
  }

  private put(one: Slot, at: Point): void {
    one.at = { x: at.x, y: at.y };
    one.group.style.transform = `translate(${at.x.toFixed(1)}px,${at.y.toFixed(1)}px)`;
  }

  private send(one: Slot, to: Point, via: Point | null, moves: boolean, begins: number): void {
    const still = one.at.x === to.x && one.at.y === to.y && via === null;
    if (!moves || still) {
      one.moving = false;
      if (!still) this.put(one, to);
      return;
    }
    one.from = one.at;
    one.to = { x: to.x, y: to.y };
    one.via = via;
    one.begins = begins;
    one.moving = true;
  }

  private wake(): void {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame((now) => this.tick(now));
  }

  private tick(now: number): void {
    let busy = false;
    for (const one of this.used.values()) if (one.moving) busy = this.advance(one, now) || busy;
    for (const one of this.leaving) if (one.moving) busy = this.advance(one, now) || busy;
    this.leaving = this.leaving.filter((one) => {
      if (!one.moving) this.release(one);
      return one.moving;
    });
    if (busy) this.frame = requestAnimationFrame((then) => this.tick(then));
  }

  private advance(one: Slot, now: number): boolean {
    const share = Math.max(0, Math.min(1, (now - one.begins) / TRAVEL));
    const target = one.via ?? one.to;
    const part = ease(share);
    this.put(one, { x: one.from.x + (target.x - one.from.x) * part, y: one.from.y + (target.y - one.from.y) * part });
    if (share < 1) return true;
    if (one.via !== null) {
      one.from = one.via;
      one.via = null;
      one.begins = now;
      return true;
    }
    one.moving = false;
    return false;
  }
}
