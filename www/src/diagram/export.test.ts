import { describe, expect, it } from "vitest";
import { escape, styleOf, svgOf } from "./export";
import { Story, epoch, ground, long } from "./fixture";
import { Track } from "./layout";
import { LEAST_ROW, paint } from "./paint";

const words = { fault: ({ kind }: { kind: string }) => `${kind} <&`, violated: (name: string) => `✗ ${name}` };
const story = new Story(3)
  .at(0, "tick", "timer", { 0: { role: "candidate", epoch: epoch(1) } })
  .arrive(0, 1, 1)
  .lose(0, 2, 1)
  .at(0, "done", "loads e1", { 0: { role: "primary", serving: true, lease: 4 } })
  .at(1, "doubt", "doubts <its> clock", {}, { acked: 1 })
  .links("pause", "n2 pauses", { 2: { paused: true } })
  .links("partition", "partition {n0} | rest")
  .at(1, "crash", "crashes", { 1: { role: "down" } })
  .add("land", { kind: "resource", from: 0 }, "w1 e1", { broken: { invariant: "fenced-writes", why: 'a "b" < c' } });
const track = new Track(ground(3, true)).grow(story.events);
const stubs = [{ sent: 1, from: 0, to: 2, answer: false }];

describe("the file", () => {
  const file = svgOf(track, { title: "a < b & c", description: "d", mode: "steps", zoom: 1, stubs, words, names: ["n0", "n1", "n2", "<resource>"] });

  it("says what it is, and holds no text that XML would read", () => {
    expect(file).toContain("<title id=\"t\">a &lt; b &amp; c</title>");
    expect(file).toContain("doubts &lt;its&gt; clo");
    expect(file).toContain("a &quot;b&quot; &lt; c");
    expect(file).not.toContain("undefined");
    expect(file).not.toContain("NaN");
    // Every element that is opened is closed.
    const opened = [...file.matchAll(/<([a-z]+)[^>]*?(\/?)>/g)].filter((one) => one[2] === "").map((one) => one[1]).sort();
    const closed = [...file.matchAll(/<\/([a-z]+)>/g)].map((one) => one[1]).sort();
    expect(opened).toEqual(closed);
  });

  it("needs no other file and no class", () => {
    expect(file).not.toMatch(/class=|href=|var\(/);
  });

  it("has a style for whatever is painted", () => {
    const frame = { mode: "steps", zoom: 1, left: 0, right: 3000, width: 3000, row: LEAST_ROW, words, stubs } as const;
    const busy = new Track(ground(3)).grow(long(400));
    const shapes = [
      ...paint(track, { ...frame, cone: null }), ...paint(busy, { ...frame, cone: null }), ...paint(busy, { ...frame, zoom: 0.05, cone: null }),
    ];
    for (const { c } of shapes) expect(styleOf(c), c).toMatch(/(fill|stroke):/);
  });

  it("leaves out what XML cannot hold", () => {
    expect(escape("a\u0000b\u0008c\td")).toBe("abc\td");
    expect(styleOf("diagram-band diagram-epoch-2")).toContain("#cc79a7");
    expect(styleOf("diagram-tag-text diagram-epoch-5")).toContain("#fff");
  });
});
