/** The cluster at hand in the designer: its text counts, and nothing is said or done for another one. */
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { added } from "../src/designer/design";
import { answer, beginning, design, drawn, edit, failed, isDrawn, MOST_KEPT, preset, presets, setText, take, toggle, toml, undo } from "../src/designer/designing";
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

describe("a text that the core takes", () => {
  const pair = (name: string, priority: string): string =>
    `\ufeffname = ${name}\nvotes = { any = 0b10, }\nacks = """all"""\nfencing = 'none'\n[[nodes]]\nname = """a"""\npriority = ${priority}\n[[ nodes ]]\nname = "\\x62"\n[timing]\nelection-timeout = '''1s'''\nround-trip = "2ms"\n`;

  it.each([
    ["'x'", "0x1_0"], ['"""x"""', "0o20"], ['"""\r\nx"""', "0b1_0000"], ["'''x'''", "1_6"], ['"""\\\n  x\\\n """', "+16"],
  ])("is drawn as the core reads it: %j, %s", (name, priority) => {
    setText(pair(name, priority));
    const { plan, error } = answer.value;
    expect([error, drawn.value.unread]).toEqual([null, null]);
    expect([design.value.name, design.value.votes]).toEqual([plan!.name, { kind: "any", any: 2, of: null }]);
    expect(design.value.nodes).toMatchObject(plan!.nodes.map((node) => ({ name: node.name, priority: node.priority })));
    expect(design.value.nodes).toMatchObject([{ name: "a", priority: 16 }, { name: "b", priority: 0 }]);
    const said = answer.value.text;
    edit((of) => ({ ...of }));
    expect(answer.value.text).toBe(said);
  });
});

describe("while a text cannot be drawn", () => {
  const typed = "name = 1979-05-27\n";

  it("nothing is said of the cluster before it, and nothing done to it takes the text away", () => {
    toggle(["pg-a"]);
    expect([...failed.value]).toEqual(["pg-a"]);
    setText(typed);
    expect(drawn.value.unread).toMatch(/^line 1: expected/);
    expect([isDrawn.value, design.value.nodes.length, failed.value.size]).toEqual([false, 3, 0]);
    edit((of) => added(of, "north", true));
    expect(toml.value).toBe(typed);
    toggle(["pg-b"]);
    undo();
    expect([isDrawn.value, ...failed.value]).toEqual([true, "pg-a"]);
  });
});

describe("the next visit", () => {
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("begins with what was kept, and with a preset if that is nothing or too much", () => {
    const [first] = presets.filter(({ name }) => name === "three-postgres");
    for (const kept of [null, "", " \n", "#".repeat(MOST_KEPT + 1)]) expect(beginning(kept)).toBe(first!.text);
    for (const kept of ["name = ", "\u0000", "#".repeat(MOST_KEPT)]) expect(beginning(kept)).toBe(kept);
  });

  it("is given the text as it stands half a second after a change", () => {
    const kept = new Map<string, string>();
    vi.useFakeTimers();
    vi.stubGlobal("localStorage", { setItem: (key: string, value: string) => kept.set(key, value), removeItem: (key: string) => kept.delete(key) });
    setText("name = 'one'");
    vi.advanceTimersByTime(499);
    setText("name = 'two'");
    vi.advanceTimersByTime(499);
    expect(kept.size).toBe(0);
    vi.advanceTimersByTime(1);
    expect([...kept]).toEqual([["quorate.cluster", "name = 'two'"]]);
    setText("#".repeat(MOST_KEPT + 1));
    vi.advanceTimersByTime(500);
    expect(kept.size).toBe(0);
  });
});
