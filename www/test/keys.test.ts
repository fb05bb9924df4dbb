import { describe, expect, it } from "vitest";
import { keyName, keyParts } from "../src/shell/keys";

const press = (key: string, change: Partial<KeyboardEvent> = {}): string =>
  keyName({ key, code: "", ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, ...change } as KeyboardEvent);

describe("a key", () => {
  it("is named as commands name it", () => {
    expect(press("c")).toBe("c");
    expect(press("C", { shiftKey: true })).toBe("Shift+c");
    expect(press("?", { shiftKey: true })).toBe("?");
    expect(press("+", { shiftKey: true })).toBe("+");
    expect(press("ArrowLeft", { shiftKey: true })).toBe("Shift+ArrowLeft");
    expect(press("Enter", { ctrlKey: true, shiftKey: true })).toBe("Ctrl+Shift+Enter");
    expect(press("z", { metaKey: true })).toBe("Ctrl+z");
  });

  it("is told by its place where no Latin is typed", () => {
    expect(press("ц", { code: "KeyC" })).toBe("c");
    expect(press("К", { code: "KeyK", ctrlKey: true })).toBe("Ctrl+k");
  });

  it("is shown in parts", () => {
    expect(keyParts("Ctrl+Shift+ArrowLeft")).toEqual(["Ctrl", "Shift", "←"]);
    expect(keyParts("+")).toEqual(["+"]);
    expect(keyParts("Ctrl++")).toEqual(["Ctrl", "+"]);
    expect(keyParts("?")).toEqual(["?"]);
    expect(keyParts(" ")).toEqual(["Space"]);
  });
});
