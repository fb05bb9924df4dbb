import { beforeEach, describe, expect, it, vi } from "vitest";

/** A tree of moments: each knows its parent. */
class Tree {
  readonly about = null;
  private readonly parents = [-1];
  grow(from: number): number {
    return this.parents.push(from) - 1;
  }
  path(id: number): number[] {
    const found: number[] = [];
    for (let at = id; at >= 0; at = this.parents[at]!) found.unshift(at);
    return found;
  }
  view(id: number) {
    return { id, parent: this.parents[id]!, depth: this.path(id).length - 1 };
  }
  close(): void {}
}
vi.mock("../src/api/core", () => ({ Session: Tree }));
const { arrive, branch, branches, goToStep, moment, session, show } = await import("../src/state/store");
const { done, redo, undo, undone, watch } = await import("../src/shell/undo");
watch();

const open = (): Tree => {
  const tree = new Tree();
  show(tree as never);
  return tree;
};
const act = (tree: Tree): number => {
  const next = tree.grow(moment.value);
  arrive(next);
  return next;
};
const here = () => [branches.value.findIndex((one) => one.id === branch.value), moment.value];

describe("undo", () => {
  let tree: Tree;
  beforeEach(() => {
    tree = open();
    act(tree);
    act(tree);
  });

  it("goes back act by act, and redo forward again", () => {
    expect(done.value.length).toBe(2);
    undo();
    expect(here()).toEqual([0, 1]);
    undo();
    expect(here()).toEqual([0, 0]);
    undo();
    expect(here()).toEqual([0, 0]);
    redo();
    redo();
    expect(here()).toEqual([0, 2]);
    expect(undone.value).toEqual([]);
  });

  it("of a fork returns to where it was begun, and nothing is gone", () => {
    goToStep(1);
    const forked = act(tree);
    expect(here()).toEqual([1, forked]);
    undo();
    expect(here()).toEqual([0, 1]);
    expect(branches.value.length).toBe(2);
    redo();
    expect(here()).toEqual([1, forked]);
  });

  it("is not told by looking around", () => {
    goToStep(0);
    goToStep(2);
    expect(done.value.length).toBe(2);
    expect(undone.value.length).toBe(0);
  });

  it("forgets what was undone when another thing is done", () => {
    undo();
    act(tree);
    expect(undone.value).toEqual([]);
    expect(branches.value.length).toBe(2);
  });

  it("does not reach into another session", () => {
    undo();
    open();
    expect([done.value, undone.value]).toEqual([[], []]);
    expect(session.value).not.toBe(tree);
  });
});
