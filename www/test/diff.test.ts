/** What the inspector says of two lists of facts. */
import { expect, it } from "vitest";
import { diff } from "../src/panels/diff";

it("marks what changed, is new and is gone, each where it stands", () => {
  const before = [["role", "follower"], ["vote", "n1"], ["log", "w1"]] as const;
  const now = [["role", "primary"], ["lease", "3 left"], ["log", "w1"]] as const;
  expect(diff(before, now)).toEqual([
    { label: "role", change: "changed", old: "follower", now: "primary" },
    { label: "lease", change: "new", old: null, now: "3 left" },
    { label: "vote", change: "gone", old: "n1", now: null },
    { label: "log", change: "same", old: "w1", now: "w1" },
  ]);
});

it("takes a label that is there twice for two facts, and the beginning for no change", () => {
  expect(diff([["a", "1"], ["a", "2"]], [["a", "1"], ["a", "3"]]).map((row) => row.change)).toEqual(["same", "changed"]);
  expect(diff(null, [["a", "1"]])[0]?.change).toBe("same");
  expect(diff([["a", "1"]], [])).toEqual([{ label: "a", change: "gone", old: "1", now: null }]);
});
