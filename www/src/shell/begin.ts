/** What is in place before anything is drawn: settings, keys, commands, dropping of files. */
import { openFile } from "../share/open";
import { rememberReport } from "../share/report";
import { embedded } from "../state/room";
import { dropping } from "./Notices";
import { trouble } from "../state/store";
import { registerCommands } from "./commands";
import { listen } from "./keys";
import { keepOffline } from "./offline";
import { remember, settle } from "./settings";
import { watch } from "./undo";

/** A file may be dropped anywhere. */
function takeDrops(): void {
  const carries = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") ?? false;
  addEventListener("dragover", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    dropping.value = true;
  });
  addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) dropping.value = false;
  });
  addEventListener("drop", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    dropping.value = false;
    const file = event.dataTransfer?.files[0];
    if (file !== undefined) void openFile(file);
  });
}

/** What nobody caught is at least said. */
function sayErrors(): void {
  addEventListener("error", ({ error, message }) => {
    // Browsers report by this that a layout took two passes; nothing is wrong.
    if (!message.startsWith("ResizeObserver")) trouble.value = error instanceof Error ? error.message : message;
  });
  addEventListener("unhandledrejection", ({ reason }) => {
    trouble.value = reason instanceof Error ? reason.message : String(reason);
  });
}

export function begin(): void {
  embedded.value = new URLSearchParams(location.search).has("embed");
  if (import.meta.env["REPORT"] === true) {
    rememberReport();
    // Who opens a report wants to see its run, no greeting.
    remember("guided", "yes");
  }
  settle();
  watch();
  registerCommands();
  sayErrors();
  listen();
  takeDrops();
  keepOffline();
}
