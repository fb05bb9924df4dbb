/**
 * Which room is open. The frame of the page draws the tabs and the dialogs; a room asks for another by setting these.
 *
 * Tabs stand beside the stage (on a narrow screen below it, where the diagram is a tab as well). `Learn`, `Designer`
 * and `ShareDialog` are drawn inside a modal dialog that already has a title and a way to close it; `Tour` is drawn over
 * the stage whenever it has something to say.
 */
import { signal } from "@preact/signals";

export type Tab = "inspector" | "invariants" | "check" | "rules" | "compare" | "challenge" | "diagram";
export type Dialog = "share" | "learn" | "designer" | "models" | "help" | "palette";

export const tab = signal<Tab>("inspector");
export const dialog = signal<Dialog | null>(null);
/** Whether keys of one letter do anything. */
export const singleKeys = signal(true);
/** Whether the screen is narrow: one column, tabs in a drawer. Kept by the frame. */
export const narrow = signal(false);
/** Whether this is the small form inside another page. */
export const embedded = signal(false);
