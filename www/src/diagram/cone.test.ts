import { describe, expect, it } from "vitest";
import { Tie, cone } from "./cone";
import { Story, ground, long } from "./fixture";
import { Track } from "./layout";

const ties = (story: Story, step: number, nodes = 3, fenced = false): number[] | null => {
  const found = cone(new Track(ground(nodes, fenced)).grow(story.events), step);
  return found === null ? null : [...found.ties].slice(1);
};
const { None, Past, Self, Future, Concurrent } = Tie;

describe("the causal cone", () => {
  it("follows machines and messages, in both directions", () => {
    const story = new Story(3)
      .at(0, "tick", "timer") // 1
      .at(2, "tick", "timer") // 2: nobody hears of it
      .arrive(0, 1, 1) // 3
      .at(0, "flush", "flushed") // 4: after 1 on n0, unknown to n1
      .at(1, "flush", "flushed") // 5
      .arrive(1, 0, 5) // 6
      .at(2, "tick", "timer"); // 7
    expect(ties(story, 5)).toEqual([Past, Concurrent, Past, Concurrent, Self, Future, Concurrent]);
    expect(ties(story, 1)).toEqual([Self, Concurrent, Future, Future, Future, Future, Concurrent]);
    expect(ties(story, 6)).toEqual([Past, Concurrent, Past, Past, Past, Self, Concurrent]);
  });

  it("leaves out time and links, which connect nothing", () => {
    const story = new Story(2).at(0, "tick", "timer").pass().links("partition", "partition {n0} | rest").at(1, "tick", "timer");
    expect(ties(story, 4, 2)).toEqual([Concurrent, None, None, Self]);
    expect(ties(story, 2, 2)).toBeNull();
    expect(ties(story, 3, 2)).toBeNull();
    expect(ties(story, 0, 2)).toBeNull();
    expect(ties(story, 9, 2)).toBeNull();
  });

  it("takes the loss of a message for what comes of sending it, on no machine", () => {
    const story = new Story(2).at(0, "tick", "timer").lose(0, 1, 1).at(1, "tick", "timer").at(0, "tick", "timer");
    expect(ties(story, 2, 2)).toEqual([Past, Self, Concurrent, Concurrent]);
    expect(ties(story, 1, 2)).toEqual([Self, Future, Concurrent, Future]);
  });

  it("goes through the resource", () => {
    const story = new Story(2)
      .at(0, "write", "write w1") // 1
      .at(0, "tick", "timer") // 2: after the write left
      .add("land", { kind: "resource", from: 0 }, "w1 e1") // 3
      .add("done", { kind: "resource", from: 1 }, "fence e2") // 4: n1 hears the answer
      .at(1, "flush", "flushed"); // 5
    expect(ties(story, 5, 2, true)).toEqual([Past, Concurrent, Past, Past, Self]);
    expect(ties(story, 1, 2, true)).toEqual([Self, Future, Future, Future, Future]);
  });

  it("counts what it finds, and past and future mirror one another", () => {
    const track = new Track(ground(3)).grow(long(120));
    const all = Array.from({ length: 120 }, (_, index) => cone(track, index + 1));
    const unlike: string[] = [];
    for (const found of all) {
      if (found === null) continue;
      const known = [...found.ties].filter((tie) => tie !== None).length;
      expect(found.past + found.future + found.concurrent + 1).toBe(known);
      found.ties.forEach((tie, step) => {
        const back = tie === Past ? Future : tie === Future ? Past : tie;
        if (tie !== None && all[step - 1]!.ties[found.step] !== back) unlike.push(`${found.step} and ${step}`);
      });
    }
    expect(all.filter((found) => found !== null).length).toBeGreaterThan(90);
    expect(unlike).toEqual([]);
  });
});
