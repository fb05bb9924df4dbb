/**
 * The keyboard: from a key to the command that names it.
 *
 * Keys without Ctrl act only while the stage or the diagram has the focus (an element with `data-keys`, or something in
 * it), never while text is typed, and not at all when they are switched off. Escape acts everywhere.
 */
import { commands, type Command } from "../state/commands";
import { dialog, singleKeys } from "../state/room";

/** As commands name it: `Ctrl+Shift+Enter`, `Shift+ArrowLeft`, `c`, `?`. Letters and digits are told by their place on
 * a keyboard that types no Latin. */
export function keyName(event: KeyboardEvent): string {
  let { key } = event;
  if (key.length === 1 && key.charCodeAt(0) > 126) {
    const [, letter] = /^Key([A-Z])$/.exec(event.code) ?? [];
    if (letter !== undefined) key = letter;
  }
  const letter = /^[a-zA-Z]$/.test(key);
  if (letter) key = key.toLowerCase();
  const shift = event.shiftKey && (letter || key.length > 1) ? "Shift+" : "";
  const alt = event.altKey ? "Alt+" : "";
  const control = event.ctrlKey || event.metaKey ? "Ctrl+" : "";
  return control + alt + shift + key;
}

const TYPED = "input:not([type=checkbox]):not([type=radio]):not([type=range]):not([type=button]), textarea, select, [contenteditable]";
const PRESSED = "button, a[href], summary, input, select, [role=button], [role=tab], [role=slider], [role=menuitem]";

function concerns(event: KeyboardEvent, name: string): boolean {
  const target = event.target instanceof Element ? event.target : document.body;
  const typing = target.closest(TYPED) !== null;
  if (name.startsWith("Ctrl+")) return !(typing && /^Ctrl\+(Shift\+)?[acvxyz]$/.test(name));
  if (typing) return false;
  if (name === "Escape") return true;
  if (!singleKeys.value || target.closest("[data-keys]") === null) return false;
  const own = target.closest(PRESSED);
  if (own === null) return true;
  if (name === " " || name === "Enter") return false;
  const slides = own.matches("input, select, [role=slider], [role=tab], [role=menuitem]");
  return !(slides && /^(Shift\+)?(Arrow|Home|End|Page)/.test(name));
}

const possible = (command: Command): boolean => command.enabled?.() ?? true;

function press(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing || dialog.value !== null) return;
  if (document.querySelector("dialog:modal") !== null) return;
  const name = keyName(event);
  if (!concerns(event, name)) return;
  const command = commands.value.find((one) => one.keys?.includes(name) === true && possible(one));
  if (command === undefined) return;
  event.preventDefault();
  command.run();
}

export function listen(): () => void {
  addEventListener("keydown", press);
  return () => removeEventListener("keydown", press);
}

const SHOWN: Record<string, string> = {
  " ": "Space", ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", Escape: "Esc", Delete: "Del",
};

/** For reading: `Ctrl`, `Shift`, `←`. */
export function keyParts(name: string): string[] {
  const parts = name === "+" ? ["+"] : name.split(/\+(?=.)/);
  return parts.map((part) => SHOWN[part] ?? (part.length === 1 ? part.toUpperCase() : part));
}
