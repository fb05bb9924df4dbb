/** The cluster at hand in the designer: its text counts, and nothing is said or done for another one. */
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { added } from "../src/designer/design";
import { design, edit, preset, presets, setText, take, toml, undo } from "../src/designer/designing";
import { ready } from "./core";

beforeAll(ready);
beforeEach(() => take("three-postgres"));

describe("the preset", () => {
  it("is named while the text is its own, and can be had back after a change", () => {
    expect(preset.value).toBe("three-postgres");
    edit((of) => added(of, "north", true));
    expect(preset.value).toBeNull();
    undo();
    expect(preset.value).toBe("three-postgres");
    setText(`${toml.value}# mine\n`);
    expect(preset.value).toBeNull();
    take("three-postgres");
    expect(preset.value).toBe("three-postgres");
    expect(design.value.nodes.length).toBe(3);
  });

  it("is another text than every other one", () => expect(new Set(presets.map(({ text }) => text)).size).toBe(presets.length));
});
