/** What the panels can do, by name. Small, because it is there before the panels are loaded. */
import { register } from "../state/commands";
import { session } from "../state/store";
import { texts } from "../state/text";
import { busy } from "./busy";

const text = texts({
  en: { start: "Check from the start", here: "Check from here", cancel: "Cancel the check" },
  bg: { start: "Провери от началото", here: "Провери оттук", cancel: "Прекъсни проверката" },
});

/** A search that runs is no hindrance: the new one takes its place. */
const ready = (): boolean => session.value !== null;
const checks = () => import("./checking");

register(
  { id: "check-start", group: "check", title: () => text("start"), keys: ["Ctrl+Enter"], enabled: ready, run: () => void checks().then(({ check }) => check("start")) },
  { id: "check-here", group: "check", title: () => text("here"), keys: ["Ctrl+Shift+Enter"], enabled: ready, run: () => void checks().then(({ check }) => check("here")) },
  { id: "check-cancel", group: "check", title: () => text("cancel"), keys: ["Escape"], enabled: () => busy.value, run: () => void checks().then(({ cancel }) => cancel()) },
);
