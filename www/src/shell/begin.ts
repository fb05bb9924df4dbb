/** What is in place before anything is drawn: settings, keys, commands. */
import { embedded } from "../state/room";
import { registerCommands } from "./commands";
import { listen } from "./keys";
import { settle } from "./settings";
import { watch } from "./undo";

export function begin(): void {
  embedded.value = new URLSearchParams(location.search).has("embed");
  if (embedded.value) document.documentElement.dataset.embed = "";
  settle();
  watch();
  registerCommands();
  listen();
}
