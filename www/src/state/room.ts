/**
 * Where one is in the page. A room fills the page; a panel stands beside the stage, or in the drawer of a small screen.
 */
import { batch, signal } from "@preact/signals";

export type Room = "play" | "design" | "learn";
export type Panel = "inspector" | "invariants" | "check" | "rules" | "compare" | "challenge";

export const room = signal<Room>("play");

const ADDRESSES: Record<Room, string> = { play: "#play", learn: "#learn", design: "#designer" };

/** The end of the address of the page in this room. */
export const addressOf = (one: Room): string => ADDRESSES[one];

/** The room that the end of an address names. */
export function roomOf(hash: string): Room | null {
  return (Object.keys(ADDRESSES) as Room[]).find((one) => ADDRESSES[one] === hash) ?? null;
}

/** The panel that is shown where there is place for one only. */
export const panel = signal<Panel>("inspector");
/** The rule that the panel of rules brings into sight. */
export const ruleShown = signal<string | null>(null);

export function showPanel(next: Panel): void {
  batch(() => {
    room.value = "play";
    panel.value = next;
  });
}

/** Brings a rule into sight. */
export function showRule(name: string): void {
  batch(() => {
    ruleShown.value = name;
    showPanel("rules");
  });
}

/** A dialog over the page; the shell draws it. `share` draws `ShareDialog`. */
export type Dialog = "share" | "models" | "help" | "commands";
export const dialog = signal<Dialog | null>(null);
/** Whether keys of one letter do anything. */
export const singleKeys = signal(true);
/** Whether the window has little width or height: the panels and the diagram are tabs of one drawer. Kept by the shell. */
export const narrow = signal(false);
/** Whether it has little width: what is not needed at every step is in one menu of the header. Kept by the shell. */
export const slim = signal(false);
/** Whether this is the small form inside another page. */
export const embedded = signal(false);
