/** A run from a file: chosen, or dropped on the page. A file is input from anybody; whatever is wrong is a sentence. */
import { batch } from "@preact/signals";
import { reason } from "../api/reason";
import { announcement, trouble } from "../state/store";
import { dialog, room } from "../state/room";
import { readRunFile } from "./replay";
import { carriedRun, showReplayed, showRun } from "./show";
import { text } from "./text";

const LARGEST = 4 << 20;

async function readRun(content: string): Promise<number | null> {
  const replayed = await readRunFile(content);
  if (replayed === null) return null;
  const { note = "" } = JSON.parse(content) as { note?: string };
  return showReplayed(replayed, null, note);
}

async function readReport(name: string, content: string): Promise<number | null> {
  const [, carried, end] = /<script type="application\/json" id="quorate-run">([^<]*)(<\/script>)?/.exec(content) ?? [];
  if (carried === undefined || carried === "null") throw new Error(text("fileReport", { name }));
  if (end === undefined) throw new Error(text("fileDamaged", { name }));
  const { run, at } = carriedRun(carried, name);
  return showRun(run, at);
}

/** Shows the run in a file, or says why not; a dialog would hide what is said. */
export async function openFile(file: File): Promise<void> {
  const { name, size } = file;
  dialog.value = null;
  if (size > LARGEST) {
    trouble.value = text("fileLarge", { name, size: (size / (1 << 20)).toFixed(1) });
    return;
  }
  let content: string;
  try {
    content = await file.text();
  } catch (error) {
    trouble.value = text("fileUnread", { name, why: reason(error) });
    return;
  }
  const begin = content.trimStart().slice(0, 9).toLowerCase();
  if (!begin.startsWith("{") && !begin.startsWith("<!doctype")) {
    trouble.value = text("fileForeign", { name });
    return;
  }
  let steps: number | null;
  try {
    steps = await (begin.startsWith("{") ? readRun(content) : readReport(name, content));
  } catch (error) {
    trouble.value = reason(error);
    return;
  }
  if (steps === null) return;
  batch(() => {
    room.value = "play";
    announcement.value = text("opened", { name, steps });
  });
}

/** Asks for a file. */
export function askForFile(): void {
  const input = document.createElement("input");
  input.type = "file";
  input.accept = ".json,.html,application/json,text/html";
  input.onchange = () => {
    const file = input.files?.[0];
    if (file !== undefined) void openFile(file);
  };
  input.click();
}
