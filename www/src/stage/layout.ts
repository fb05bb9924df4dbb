/**
 * Where everything stands: plain geometry, in pixels of the drawing.
 *
 * Machines stand on an ellipse, their captions outside of it, so that no message crosses a caption. Messages keep to
 * the right of the line from sender to receiver; the next one to arrive is nearest to its receiver.
 */
import type { LetterView, NodeIndex } from "../api/types";

export interface Point {
  x: number;
  y: number;
}

export interface Spot extends Point {
  /** On which side of it the caption stands. */
  side: "left" | "right" | "below" | "above";
  /** Whether it stands alone at the top, so that only its lower side has links. */
  peak: boolean;
}

export interface Layout {
  width: number;
  height: number;
  /** Whether there is little place. */
  compact: boolean;
  /** Of a machine. */
  radius: number;
  centre: Point;
  nodes: Spot[];
  resource: Point | null;
  /** What a caption has room for: lines of text, and whether the end of the log is under them. */
  caption: { lines: number; strip: boolean };
}

/** Room for a caption beside a machine. */
const CAPTION = 132;

/** Three stand with one at the top; of a greater odd number, the one alone is at the bottom. */
function firstAngle(count: number): number {
  if (count === 2) return Math.PI;
  return count === 3 ? -Math.PI / 2 : -Math.PI / 2 - Math.PI / count;
}

function sideOf(compact: boolean, count: number, cos: number, sin: number): Spot["side"] {
  if (count === 3 && sin < -0.9) return "right";
  if (compact) return count > 3 && sin < -0.5 ? "above" : "below";
  return cos < -0.1 ? "left" : "right";
}

/** What a caption shows on an ellipse. */
function captionOn(compact: boolean, height: number, count: number, tight: boolean): Layout["caption"] {
  if (!compact) return { lines: Infinity, strip: true };
  return { lines: tight || count > 3 || height < 230 ? 1 : 2, strip: !tight && count <= 5 };
}

/** On an ellipse; `tight` with less around the machines, for a low stage. */
function ring(width: number, height: number, count: number, fenced: boolean, tight: boolean): Layout {
  const compact = width < 560;
  const radius = compact ? (count > 5 || height < 260 ? 22 : 25) : count > 5 || height < 260 ? 27 : 32;
  // Only the middle of three is free of links.
  const beside = fenced && count > 3 && !compact;
  const beneath = fenced && count !== 3 && !beside;
  const right = beside ? 128 : 0;
  const bottom = beneath ? 62 : 0;
  const mx = compact ? radius + 32 : CAPTION + radius + 18;
  const [above, under] = tight ? [count > 3 ? 24 : 14, 36] : count > 3 ? [46, 52] : [14, 66];
  const [top, below] = compact ? [radius + above, radius + under] : [radius + 18, radius + 26];
  // Three fill one and a half radii from top to bottom, two none.
  const span = count === 3 ? 1.5 : 2;
  const room = height - bottom - top - below;
  const rx = Math.max(60, Math.min((width - right) / 2 - mx, 330));
  const ry = Math.max(0, Math.min(room / span, 230));
  const centre = { x: (width - right) / 2, y: top + ry + (room - ry * span) / 2 };
  const nodes = Array.from({ length: count }, (_, i): Spot => {
    const angle = firstAngle(count) + (2 * Math.PI * i) / count;
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    const spot = { x: centre.x + rx * cos, y: centre.y + (count === 2 ? 0 : ry * sin) };
    return { ...spot, side: sideOf(compact, count, cos, sin), peak: count === 3 && i === 0 };
  });
  let resource: Point | null = null;
  if (fenced) {
    // Clear of what passes below it.
    if (count === 3) resource = { x: centre.x, y: centre.y + Math.max(-ry * 0.12, Math.min(ry * 0.06, ry * 0.5 - 70)) };
    else if (beside) resource = { x: width - 72, y: centre.y };
    else resource = { x: centre.x, y: height - 48 };
  }
  return { width, height, compact, radius, centre, nodes, resource, caption: captionOn(compact, height, count, tight) };
}

/** A resource takes this much of a row, in machines; and this from its middle to the end of what is written under it. */
const RESOURCE = 1.4;
const UNDER = 40;
/** How high a line of a caption is, and the end of a log under it. */
export const LINE = 15;
export const STRIP = 22;

/**
 * In two rows, clockwise as on an ellipse, captions above and below them. The rows bend apart in their middle where
 * there is room, so that no link runs through a machine. A resource stands in the lower row.
 */
function rows(width: number, height: number, count: number, fenced: boolean): Layout {
  const upper = Math.round((count + (fenced ? RESOURCE : 0)) / 2);
  const lower = count - upper;
  const [first, second] = [width / upper, width / (lower + (fenced ? RESOURCE : 0))];
  // A clock or a database stands beside each; above and below there is room for a line and for the bend.
  const radius = Math.max(16, Math.min(25, (Math.min(first, second) - 33) / 2, (height - 95) / 4));
  const nearest = 2 * radius + 25;
  const spare = height - 2 * radius - 24 - nearest;
  const lines = spare < 2 * LINE ? 0 : spare < 2 * (2 * LINE + STRIP) ? 1 : 2;
  const strip = spare >= 2 * (lines * LINE + STRIP) && lines > 0;
  const caption = lines * LINE + (strip ? STRIP : 0);
  const [top, foot] = [radius + 12 + caption, height - radius - 14 - caption];
  const apart = Math.max(0, foot - top);
  const bend = Math.max(0, Math.min((apart - nearest) / 2, 36));
  const bent = (x: number): number => bend * ((2 * x) / width - 1) ** 2;
  const spot = (x: number, high: boolean): Spot => ({ x, y: high ? top + bent(x) : foot - bent(x), side: high ? "above" : "below", peak: false });
  const before = Math.floor(lower / 2);
  const slot = (i: number): number => (i + 0.5 + (fenced && i >= before ? RESOURCE : 0)) * second;
  const nodes = Array.from({ length: count }, (_, i) => (i < upper ? spot((i + 0.5) * first, true) : spot(slot(count - 1 - i), false)));
  const resource = fenced ? { x: (before + RESOURCE / 2) * second, y: Math.min(foot, height - UNDER) } : null;
  return { width, height, compact: true, radius, centre: { x: width / 2, y: (top + foot) / 2 }, nodes, resource, caption: { lines, strip } };
}

/** What is drawn at least of a caption: a short word and the line under it. */
function words({ radius, caption }: Layout, { x, y, side, peak }: Spot): Box {
  const from = radius + 12;
  const high = Math.min(48, caption.lines * LINE + (caption.strip ? STRIP : 0));
  const middle = y - (peak ? 12 : 0);
  if (side === "left") return { left: x - from - 84, top: middle - high / 2, right: x - from, bottom: middle + high / 2 };
  if (side === "right") return { left: x + from, top: middle - high / 2, right: x + from + 84, bottom: middle + high / 2 };
  if (side === "below") return { left: x - 30, top: y + radius + 12, right: x + 30, bottom: y + radius + 12 + high };
  return { left: x - 30, top: y - radius - 2 - high, right: x + 30, bottom: y - radius - 2 };
}

/** How much lies over something else or outside: machines with what is around them, captions and the resource. */
function crowding(at: Layout): number {
  const bodies = at.nodes.map(({ x, y }) => around(x, y, at.radius + 9, at.radius + 10));
  const captions = at.nodes.map((spot) => words(at, spot));
  const half = at.compact ? 0.82 : 1;
  const middle = at.resource === null ? [] : [around(at.resource.x, at.resource.y, 50 * half, 25 * half)];
  let sum = 0;
  const all = [...bodies, ...middle, ...captions];
  all.forEach((a, i) => {
    // Its own caption may touch a machine; what lies over a machine counts more.
    const weight = i < bodies.length + middle.length ? 4 : 1;
    all.slice(i + 1).forEach((b, k) => {
      if (i + 1 + k !== i + bodies.length + middle.length) sum += weight * shared(a, b);
    });
    const inside = shared(a, { left: 0, top: 0, right: at.width, bottom: at.height });
    sum += weight * ((a.right - a.left) * (a.bottom - a.top) - inside);
  });
  return sum;
}

/** The first arrangement in which nothing lies over anything else, or the one in which least does. */
export function layout(width: number, height: number, count: number, fenced: boolean): Layout {
  let best = ring(width, height, count, fenced, false);
  let least = crowding(best);
  for (const other of [() => ring(width, height, count, fenced, true), () => rows(width, height, count, fenced)]) {
    if (least === 0) break;
    const at = other();
    const sum = crowding(at);
    if (sum < least) [best, least] = [at, sum];
  }
  return best;
}

export interface Placed extends Point {
  /** The number of the message, or the name of a heap of equal ones. */
  key: string;
  letter: LetterView;
  /** How many it stands for. */
  count: number;
  /** Direction of travel. */
  angle: number;
}

/** More equal messages than this on one link become a heap. */
const HEAP = 40;
const STRIDE = 34;
const NARROWEST = 23;
const LANES = 4;

/** Messages as they are drawn: equal ones in great number as one. */
function heaps(letters: LetterView[]): { key: string; letter: LetterView; count: number }[] {
  const groups = new Map<string, LetterView[]>();
  for (const letter of letters) {
    const kind = `${letter.kind} ${letter.epoch.text}`;
    const group = groups.get(kind);
    if (group === undefined) groups.set(kind, [letter]);
    else group.push(letter);
  }
  const seen = new Set<string>();
  return letters.flatMap((letter) => {
    const kind = `${letter.kind} ${letter.epoch.text}`;
    const group = groups.get(kind)!;
    if (group.length <= HEAP) return [{ key: String(letter.id), letter, count: letter.copies }];
    if (seen.has(kind)) return [];
    seen.add(kind);
    const count = group.reduce((sum, one) => sum + one.copies, 0);
    return [{ key: `${letter.from}-${letter.to} ${kind}`, letter, count }];
  });
}

/** Where the messages are; `letters` in the order in which they are to arrive. */
export function place(at: Layout, letters: LetterView[]): Placed[] {
  const edges = new Map<number, LetterView[]>();
  for (const letter of letters) {
    const edge = letter.from * 16 + letter.to;
    const list = edges.get(edge);
    if (list === undefined) edges.set(edge, [letter]);
    else list.push(letter);
  }
  return [...edges.values()].flatMap((list) => placeOn(at, list[0]!.from, list[0]!.to, heaps(list)));
}

/** How far from their link messages stand in the first lane, and how far apart the lanes are. */
const BESIDE = 11;
const LANE = 20;

/** Where on a link messages may stand, as the part of it that is theirs and the lane of the first of them. */
const BERTHS = [[0, 1, 0], [0.5, 1, 1], [0.6, 1, 1], [0.3, 1, 1], [0, 1, 1], [0, 0.6, 0], [0.4, 1, 0]] as const;

/** The first of these where a message is clear of every machine, or the one farthest from them: the link may run through one. */
function berth({ nodes, radius }: Layout, a: Point, b: Point): { start: number; end: number; lane: number } {
  const length = Math.hypot(b.x - a.x, b.y - a.y) || 1;
  let [best, most] = [{ start: 0, end: 1, lane: 0 }, -1];
  for (const [start, end, lane] of BERTHS) {
    const on = between(a, b, (start + end) / 2);
    const off = (BESIDE + lane * LANE) / length;
    const spot = { x: on.x - (b.y - a.y) * off, y: on.y + (b.x - a.x) * off };
    const clear = Math.min(radius + 12, ...nodes.map(({ x, y }) => Math.hypot(x - spot.x, y - spot.y)));
    if (clear > most) [best, most] = [{ start, end, lane }, clear];
  }
  return best;
}

function placeOn(at: Layout, from: NodeIndex, to: NodeIndex, list: ReturnType<typeof heaps>): Placed[] {
  const [a, b] = [at.nodes[from], at.nodes[to]];
  if (a === undefined || b === undefined) return [];
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const length = Math.hypot(dx, dy) || 1;
  const [ux, uy] = [dx / length, dy / length];
  const { start, end, lane: first } = berth(at, a, b);
  const room = Math.max(24, length * (end - start) - 2 * (at.radius + 20));
  const lanes = Math.min(LANES, Math.max(1, Math.ceil((list.length * NARROWEST) / room)));
  const inLane = Math.ceil(list.length / lanes);
  const stride = Math.min(STRIDE, room / Math.max(1, inLane));
  return list.map(({ key, letter, count }, i) => {
    const [lane, place] = [i % lanes, Math.floor(i / lanes)];
    const along = (length * (start + end)) / 2 + ((inLane - 1) / 2 - place) * stride;
    const off = BESIDE + (lane + first) * LANE;
    return {
      key, letter, count,
      x: a.x + ux * along - uy * off,
      y: Math.max(10, Math.min(a.y + uy * along + ux * off, at.height - 10)),
      angle: Math.atan2(dy, dx),
    };
  });
}

/** The machines on the left and on the right of a line, in the direction of drawing. */
export function sides(at: Layout, from: Point, to: Point): { left: NodeIndex[]; right: NodeIndex[] } {
  const left: NodeIndex[] = [];
  const right: NodeIndex[] = [];
  at.nodes.forEach(({ x, y }, i) => {
    const cross = (to.x - from.x) * (y - from.y) - (to.y - from.y) * (x - from.x);
    (cross < 0 ? left : right).push(i);
  });
  return { left, right };
}

/** The line between the machines of a side and the others, where one line does it. */
export function division(at: Layout, side: NodeIndex[]): [Point, Point] | null {
  const count = at.nodes.length;
  const gaps = at.nodes.flatMap((here, i) => {
    const j = (i + 1) % count;
    const next = at.nodes[j]!;
    return side.includes(i) === side.includes(j) ? [] : [{ x: (here.x + next.x) / 2, y: (here.y + next.y) / 2 }];
  });
  const [first, second] = gaps;
  if (first === undefined || second === undefined || gaps.length !== 2) return null;
  if (count === 2) return [{ x: first.x, y: at.centre.y - 90 }, { x: first.x, y: at.centre.y + 90 }];
  const [dx, dy] = [second.x - first.x, second.y - first.y];
  const length = Math.hypot(dx, dy) || 1;
  const more = (count > 4 ? 24 : 56) / length;
  return [{ x: first.x - dx * more, y: first.y - dy * more }, { x: second.x + dx * more, y: second.y + dy * more }];
}

/** How far from the line of a cut one may be and still draw along it. */
const NEAR = 22;

function distance(from: Point, [a, b]: [Point, Point]): number {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const share = ((from.x - a.x) * dx + (from.y - a.y) * dy) / (dx * dx + dy * dy || 1);
  const on = between(a, b, Math.max(0, Math.min(1, share)));
  return Math.hypot(from.x - on.x, from.y - on.y);
}

/** Whether a stroke draws the cut of these machines again: along its line, or with the same machines on each side. */
export function redraws(at: Layout, side: NodeIndex[], from: Point, to: Point): boolean {
  const line = division(at, side);
  if (line !== null && distance(from, line) <= NEAR && distance(to, line) <= NEAR) return true;
  const { left, right } = sides(at, from, to);
  const wanted = [...side].sort((a, b) => a - b).join();
  return left.join() === wanted || right.join() === wanted;
}

export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

const around = (x: number, y: number, halfWidth: number, halfHeight: number): Box =>
  ({ left: x - halfWidth, top: y - halfHeight, right: x + halfWidth, bottom: y + halfHeight });

function shared(a: Box, b: Box): number {
  const [wide, high] = [Math.min(a.right, b.right) - Math.max(a.left, b.left), Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top)];
  return wide > 0 && high > 0 ? wide * high : 0;
}

/** A message with its arrow, whatever its direction. */
export const letterBox = ({ x, y, angle }: Placed): Box => {
  const [cos, sin] = [Math.abs(Math.cos(angle)), Math.abs(Math.sin(angle))];
  return around(x, y, Math.max(12, 30 * cos), Math.max(10, 30 * sin));
};

/** Where a machine and its caption stand. */
function spotBoxes({ radius }: Layout, { x, y, side }: Spot): Box[] {
  const machine = around(x, y, radius + 8, radius + 10);
  const from = radius + 12;
  if (side === "left") return [machine, { left: x - from - CAPTION, top: y - 36, right: x - from, bottom: y + 36 }];
  if (side === "right") return [machine, { left: x + from, top: y - 36, right: x + from + CAPTION, bottom: y + 36 }];
  if (side === "below") return [machine, { left: x - 52, top: y + radius, right: x + 52, bottom: y + radius + 66 }];
  return [machine, { left: x - 52, top: y - radius - 52, right: x + 52, bottom: y - radius }];
}

/** Half the height of a line of text, and the room that a label has at least to the edge. */
const HALF_LINE = 8;
const EDGE = 4;

/**
 * The middle of a label of this width beside the line of a cut: beyond the end of a flat line, above the end of a steep
 * one, or at the edge; where it covers least of the messages, the machines and their captions.
 */
export function labelSpot(at: Layout, line: [Point, Point] | null, width: number, letters: Placed[]): Point {
  const half = Math.min(at.width, width) / 2;
  const [low, high] = [HALF_LINE + EDGE, at.height - HALF_LINE - EDGE];
  const fit = (x: number, y: number): Point => ({ x: Math.max(half, Math.min(x, at.width - half)), y: Math.max(low, Math.min(y, high)) });
  const spots: Point[] = [];
  if (line !== null) {
    const [first, second] = [...line].sort((a, b) => a.x - b.x) as [Point, Point];
    const [top, bottom] = first.y < second.y ? [first, second] : [second, first];
    const flat = Math.abs(second.x - first.x) > Math.abs(second.y - first.y);
    if (flat && first.x > width + 8) spots.push(fit(first.x - 8 - half, first.y));
    spots.push(fit(top.x, top.y - 16), fit(bottom.x, bottom.y + 16));
    for (const end of [first, second]) spots.push(fit(end.x, end.y - 16), fit(end.x, end.y + 16));
  }
  for (const y of [low, high]) for (const x of [at.width / 2, 0, at.width]) spots.push(fit(x, y));
  const taken = [...letters.map(letterBox), ...at.nodes.flatMap((spot) => spotBoxes(at, spot))];
  if (at.resource !== null) taken.push(around(at.resource.x, at.resource.y, 58, 38));
  const covers = ({ x, y }: Point): number => taken.reduce((sum, box) => sum + shared(around(x, y, half, HALF_LINE), box), 0);
  return spots.map((spot) => ({ spot, cost: covers(spot) })).reduce((best, one) => (one.cost < best.cost ? one : best)).spot;
}

/** A point between two machines, by its share of the way. */
export function between(a: Point, b: Point, share: number): Point {
  return { x: a.x + (b.x - a.x) * share, y: a.y + (b.y - a.y) * share };
}
