/**
 * Everything that can be done, by name: the keyboard, the palette, the menus and the help all read this one list.
 *
 * A room registers what it can do when it is loaded. A key of one letter acts only while the stage or the diagram has
 * the focus, and single keys can be switched off.
 */
import { signal } from "@preact/signals";

export interface Command {
  /** In kebab-case, never used twice. */
  id: string;
  /** What it does, in the language of the page. */
  title: () => string;
  group: "run" | "stage" | "view" | "check" | "share" | "help";
  /** As `KeyboardEvent.key`, with `Ctrl+` and `Shift+` before it: `Ctrl+Enter`, `Shift+ArrowLeft`, `c`. */
  keys?: string[];
  /** Whether it can be done now. */
  enabled?: () => boolean;
  run: () => void;
}

export const commands = signal<Command[]>([]);

/** Adds commands; the function that takes them away again. */
export function register(...added: Command[]): () => void {
  commands.value = [...commands.value.filter((old) => !added.some((one) => one.id === old.id)), ...added];
  return () => {
    commands.value = commands.value.filter((one) => !added.includes(one));
  };
}

export function invoke(id: string): void {
  const command = commands.value.find((one) => one.id === id);
  if (command !== undefined && (command.enabled?.() ?? true)) command.run();
}
