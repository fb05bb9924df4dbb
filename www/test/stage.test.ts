/** Where things stand on the stage. */
import { describe, expect, test } from "vitest";
import type { LetterView } from "../src/api/types";
import { division, labelSpot, layout, letterBox, place, redraws, sides } from "../src/stage/layout";

const letter = (id: number, from: number, to: number, kind = "vote", term = 1): LetterView => ({
  id, from, to, kind, answer: false, epoch: { generation: 0, term, text: `e${term}` }, name: "", sent: 0, delivered: 0, copies: 1, held: false,
});

const SIZES: [number, number][] = [[870, 340], [1100, 600], [640, 300], [375, 196], [375, 420], [320, 300]];

describe("layout", () => {
  for (const [width, height] of SIZES) {
    for (const fenced of [false, true]) {
      test(`two to seven machines fit into ${width} by ${height}${fenced ? " with a resource" : ""}`, () => {
        for (let count = 2; count <= 7; count++) {
          const at = layout(width, height, count, fenced);
          expect(at.nodes).toHaveLength(count);
          expect(at.radius).toBeGreaterThanOrEqual(16);
          for (const { x, y } of at.nodes) {
            expect(x - at.radius).toBeGreaterThanOrEqual(0);
            expect(x + at.radius).toBeLessThanOrEqual(width);
            if (height < 300) continue;
            expect(y - at.radius).toBeGreaterThanOrEqual(0);
            expect(y + at.radius).toBeLessThanOrEqual(height);
          }
          expect(at.resource !== null).toBe(fenced);
        }
      });
    }
  }

  // Heights at which phones on their side, low windows and windows with a high diagram leave off.
  for (const [width, height] of [[360, 180], [386, 186], [375, 188], [320, 220], [460, 270], [660, 200], [760, 155], [845, 310], ...SIZES] as [number, number][]) {
    test(`machines, their epochs and the resource are inside of ${width} by ${height} and clear of each other`, () => {
      for (const count of [2, 3, 4, 5, 6, 7, 9]) {
        for (const fenced of [false, true]) {
          const { nodes, radius, resource, compact } = layout(width, height, count, fenced);
          const which = `${count} machines${fenced ? " and a resource" : ""}`;
          nodes.forEach(({ x, y }, i) => {
            expect(Math.min(x, width - x, y), which).toBeGreaterThanOrEqual(radius + 9);
            expect(height - y, which).toBeGreaterThanOrEqual(radius + 10);
            for (const b of nodes.slice(i + 1)) {
              expect(Math.hypot(x - b.x, y - b.y), which).toBeGreaterThan(2 * radius + 10);
              expect(Math.hypot(x - b.x, y - b.y), which).toBeGreaterThanOrEqual(44);
            }
            if (resource === null) return;
            const scale = compact ? 0.82 : 1;
            const [dx, dy] = [Math.max(0, Math.abs(x - resource.x) - 50 * scale), Math.max(0, Math.abs(y - resource.y) - 25 * scale)];
            expect(Math.hypot(dx, dy), which).toBeGreaterThan(radius);
          });
          if (resource !== null) expect(height - resource.y, which).toBeGreaterThanOrEqual(40);
        }
      }
    });
  }

  test("a caption says less where there is less room", () => {
    expect(layout(870, 340, 5, false).caption).toEqual({ lines: Infinity, strip: true });
    expect(layout(375, 420, 3, false).caption).toEqual({ lines: 2, strip: true });
    expect(layout(360, 180, 7, false).caption).toEqual({ lines: 1, strip: false });
  });
});

describe("messages", () => {
  const at = layout(870, 340, 3, false);

  test("the first in the order is the nearest to its receiver, and all stay between the two machines", () => {
    const placed = place(at, [letter(0, 0, 1), letter(1, 0, 1, "append"), letter(2, 0, 1, "beat")]);
    const to = at.nodes[1]!;
    const away = placed.map(({ x, y }) => Math.hypot(to.x - x, to.y - y));
    expect([...away].sort((a, b) => a - b)).toEqual(away);
    for (const { x, y } of placed) {
      for (const node of at.nodes) expect(Math.hypot(node.x - x, node.y - y)).toBeGreaterThan(at.radius + 8);
    }
  });

  test("in rows no message stands on a machine, also where its link runs through one", () => {
    const many = [4, 5, 6, 7].flatMap((count) => [false, true].map((fenced) => [count, fenced] as const));
    for (const [width, height] of [[360, 180], [375, 188], [660, 200], [760, 155]] as const) {
      for (const [count, fenced] of many) {
        const rows = layout(width, height, count, fenced);
        const pairs = rows.nodes.flatMap((_, from) => rows.nodes.map((_, to) => [from, to] as const)).filter(([from, to]) => from !== to);
        for (const [from, to] of pairs) {
          const { x, y } = place(rows, [letter(0, from, to)])[0]!;
          const which = `${count}${fenced ? " and a resource" : ""} in ${width}x${height}: ${from} to ${to}`;
          expect(Math.min(y, height - y), which).toBeGreaterThanOrEqual(10);
          for (const node of rows.nodes) expect(Math.hypot(node.x - x, node.y - y), which).toBeGreaterThan(rows.radius);
        }
      }
    }
  });

  test("those in the other direction are on the other side of the link", () => {
    const [there, back] = place(at, [letter(0, 0, 1), letter(1, 1, 0)]);
    const [a, b] = [at.nodes[0]!, at.nodes[1]!];
    const side = ({ x, y }: { x: number; y: number }): number => Math.sign((b.x - a.x) * (y - a.y) - (b.y - a.y) * (x - a.x));
    expect(side(there!)).toBe(-side(back!));
  });

  test("forty equal ones stand for themselves, forty-one become a heap", () => {
    const many = (count: number): LetterView[] => Array.from({ length: count }, (_, i) => letter(i, 0, 1));
    expect(place(at, many(40))).toHaveLength(40);
    const [heap, ...others] = place(at, many(41));
    expect(others).toHaveLength(0);
    expect(heap!.count).toBe(41);
    const mixed = [...many(41), letter(90, 0, 1, "append"), letter(91, 1, 2)];
    expect(place(at, mixed).map(({ count }) => count)).toEqual([41, 1, 1]);
  });
});

describe("the label of a cut", () => {
  test("is inside of the drawing, and clear of machines and messages where three machines write to each other", () => {
    for (const [width, height] of [[375, 300], [375, 420], [870, 340], [1100, 600]] as const) {
      const at = layout(width, height, 3, false);
      const pairs = [0, 1, 2].flatMap((from) => [0, 1, 2].filter((to) => to !== from).map((to): [number, number] => [from, to]));
      for (const count of [1, 2, 4]) {
        const placed = place(at, pairs.flatMap(([from, to], i) => Array.from({ length: count }, (_, k) => letter(i * 10 + k, from, to))));
        for (const side of [[0], [1], [2]]) {
          const wide = 8 + "cut n0 | n1 n2".length * 6.8;
          const { x, y } = labelSpot(at, division(at, side), wide, placed);
          const label = { left: x - wide / 2, right: x + wide / 2, top: y - 8, bottom: y + 8 };
          expect(label.left >= 0 && label.right <= width && label.top >= 0 && label.bottom <= height).toBe(true);
          for (const one of placed) {
            const box = letterBox(one);
            const apart = box.right <= label.left || box.left >= label.right || box.bottom <= label.top || box.top >= label.bottom;
            expect(apart, `${width}x${height}, ${count} each, {${side.join()}}: ${one.key}`).toBe(true);
          }
          for (const node of at.nodes) {
            expect(Math.abs(node.x - x) > wide / 2 + at.radius || Math.abs(node.y - y) > 8 + at.radius).toBe(true);
          }
        }
      }
    }
  });
});

describe("a cut", () => {
  test("a line parts the machines by the side on which they stand", () => {
    const at = layout(870, 340, 3, false);
    const y = (at.nodes[0]!.y + at.nodes[1]!.y) / 2;
    const { left, right } = sides(at, { x: 0, y }, { x: at.width, y });
    expect([left, right]).toEqual([[0], [1, 2]]);
  });

  test("the line that is drawn of a cut parts the same machines again", () => {
    for (let count = 2; count <= 7; count++) {
      const at = layout(1100, 600, count, false);
      for (let first = 0; first < count; first++) {
        for (let length = 1; length < count; length++) {
          const side = Array.from({ length }, (_, i) => (first + i) % count).sort((a, b) => a - b);
          const line = division(at, side);
          expect(line).not.toBeNull();
          const { left, right } = sides(at, line![0], line![1]);
          expect([left.join(), right.join()]).toContain(side.join());
        }
      }
    }
    expect(division(layout(1100, 600, 4, false), [0, 2])).toBeNull();
  });

  test("is drawn again by a stroke along its line, either way, or with the same machines on each side", () => {
    for (const [width, height] of SIZES) {
      for (let count = 2; count <= 7; count++) {
        const at = layout(width, height, count, false);
        for (let first = 0; first < count; first++) {
          const side = [first];
          const [a, b] = division(at, side)!;
          const part = (share: number): { x: number; y: number } => ({ x: a.x + (b.x - a.x) * share, y: a.y + (b.y - a.y) * share });
          expect(redraws(at, side, a, b)).toBe(true);
          expect(redraws(at, side, b, a)).toBe(true);
          expect(redraws(at, side, part(0.3), { x: part(0.8).x + 6, y: part(0.8).y - 6 })).toBe(true);
        }
      }
    }
    const at = layout(870, 340, 3, false);
    const y = (at.nodes[0]!.y + at.nodes[1]!.y) / 2;
    const [left, right] = [{ x: 0, y }, { x: at.width, y: y + 10 }];
    expect(redraws(at, [0], left, right)).toBe(true);
    expect(redraws(at, [2, 1], left, right), "the other side says the same").toBe(true);
    expect(redraws(at, [1], left, right), "another machine is cut off").toBe(false);
    const [c, d] = division(at, [0])!;
    const across = { x: (c.x + d.x) / 2, y: (c.y + d.y) / 2 };
    expect(redraws(at, [0], { x: across.x, y: across.y - 60 }, { x: across.x, y: across.y + 60 }), "across the line").toBe(false);
  });
});
