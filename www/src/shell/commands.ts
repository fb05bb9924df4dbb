/** What the frame can do, by name. */
import { register } from "../state/commands";
import { dialog, panel, room, showPanel, type Panel } from "../state/room";
import { askForFile } from "../share/open";
import { fileName, save } from "../share/save";
import { text as share } from "../share/text";
import { about, announcement, attempt, current, note, session } from "../state/store";
import { nextLanguage, nextTheme, theme } from "./settings";
import { text } from "./text";
import { done, redo, undo, undone } from "./undo";
import { openModel } from "./boot";

const PANELS: [Panel, "inspector" | "invariants" | "checkTab" | "rules" | "compare" | "challenge"][] = [
  ["inspector", "inspector"], ["invariants", "invariants"], ["check", "checkTab"],
  ["rules", "rules"], ["compare", "compare"], ["challenge", "challenge"],
];

function saveRun(): void {
  attempt(() => {
    const open = session.value!;
    const tip = current.value?.tip ?? 0;
    const name = `${fileName(open.about.model.name, open.path(tip).length - 1)}.run.json`;
    save(name, new Blob([open.run(tip, note.value)], { type: "application/json" }));
    announcement.value = share("saved", { name });
  });
}

export function registerCommands(): void {
  register(
    { id: "undo", group: "run", title: () => text("undo"), keys: ["Ctrl+z"], enabled: () => done.value.length > 0, run: undo },
    { id: "redo", group: "run", title: () => text("redo"), keys: ["Ctrl+y", "Ctrl+Shift+z"], enabled: () => undone.value.length > 0, run: redo },
    { id: "model-restart", group: "run", title: () => text("restartModel"), enabled: () => about.value !== null, run: () => openModel(about.value!.model) },
    { id: "model-pick", group: "run", title: () => text("pickModel"), run: () => (dialog.value = "models") },
    ...PANELS.map(([name, title]) => ({
      id: `panel-${name}`,
      group: "view" as const,
      title: () => `${text("panels")}: ${text(title)}`,
      ...(name === "compare" && { keys: ["="] }),
      enabled: () => room.value !== "play" || panel.value !== name,
      run: () => showPanel(name),
    })),
    { id: "room-play", group: "view", title: () => text("play"), enabled: () => room.value !== "play", run: () => (room.value = "play") },
    { id: "room-learn", group: "help", title: () => text("learn"), enabled: () => room.value !== "learn", run: () => (room.value = "learn") },
    { id: "room-design", group: "view", title: () => text("design"), enabled: () => room.value !== "design", run: () => (room.value = "design") },
    { id: "theme", group: "view", title: () => text("theme", { theme: text(theme.value === "auto" ? "themeAuto" : theme.value === "light" ? "themeLight" : "themeDark") }), run: nextTheme },
    { id: "language", group: "view", title: () => text("language"), run: nextLanguage },
    { id: "share", group: "share", title: () => text("share"), keys: ["s"], run: () => (dialog.value = "share") },
    { id: "run-save", group: "share", title: () => share("exportCommand"), keys: ["e"], enabled: () => session.value !== null, run: saveRun },
    { id: "run-open", group: "share", title: () => share("openCommand"), run: askForFile },
    { id: "commands", group: "help", title: () => text("commands"), keys: ["Ctrl+k"], run: () => (dialog.value = "commands") },
    { id: "help", group: "help", title: () => text("help"), keys: ["?"], run: () => (dialog.value = "help") },
  );
}
