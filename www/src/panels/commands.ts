/** What the panels can do, by name. */
import { register } from "../state/commands";
import { session } from "../state/store";
import { cancel, check, running } from "./checking";
import { text } from "./text";

const ready = (): boolean => session.value !== null && running.value === null;

register(
  { id: "check-start", group: "check", title: () => text("check-start"), keys: ["Ctrl+Enter"], enabled: ready, run: () => check("start") },
  { id: "check-here", group: "check", title: () => text("check-here-command"), keys: ["Ctrl+Shift+Enter"], enabled: ready, run: () => check("here") },
  { id: "check-cancel", group: "check", title: () => text("cancel"), keys: ["Escape"], enabled: () => running.value !== null, run: cancel },
);
