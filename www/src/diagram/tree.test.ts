import { describe, expect, it } from "vitest";
import { forksOf, sharedStep, treeOf } from "./tree";

describe("branches", () => {
  it("share steps up to where they part", () => {
    expect(sharedStep([0, 1, 2, 3], [0, 1, 9])).toBe(1);
    expect(sharedStep([0, 1], [0, 1, 2])).toBe(1);
    expect(sharedStep([0], [0])).toBe(0);
    expect(sharedStep([], [0])).toBe(-1);
  });

  it("leave the one with which they share the most", () => {
    const branches = [
      { id: 1, path: [0, 1, 2, 3, 4] },
      { id: 2, path: [0, 1, 5, 6] },
      { id: 5, path: [0, 1, 5, 7, 8] },
      { id: 6, path: [0, 1, 2, 3, 4, 9] },
    ];
    expect(treeOf(branches)).toEqual([
      { id: 1, parent: null, at: 0, end: 4 },
      { id: 2, parent: 1, at: 1, end: 3 },
      { id: 5, parent: 2, at: 2, end: 4 },
      { id: 6, parent: 1, at: 4, end: 5 },
    ]);
  });

  it("are left at steps, each told once, and not by one that goes nowhere else", () => {
    const path = [0, 1, 2, 3, 4];
    expect(forksOf(path, [[0, 1, 2], [0, 1, 9], [0, 1, 8, 7], [0, 1, 2, 3, 4, 5]])).toEqual([1, 4]);
  });
});
