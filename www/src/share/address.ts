/**
 * What the address of the page names behind its `#`: a room, or a run (`#v1.…`).
 *
 * Going to another room is a step of the history, so that Back leads to the room before. An address that names the run at
 * hand goes on naming it while one looks at other rooms; coming back to it does not open the run anew.
 */
import { effect } from "@preact/signals";
import { room, roomOf, addressOf } from "../state/room";
import { session } from "../state/store";

/** The run that the address was given, and the session that shows it. */
let named: { hash: string; of: unknown } | null = null;

/** Browsers refuse changes of the address that come too fast, and some of pages that were opened from disk. */
function change(how: "pushState" | "replaceState", state: unknown, address: string): void {
  try {
    history[how](state, "", address);
  } catch {
    // The room is shown all the same.
  }
}

/** The address names the run at hand. */
export function nameRun(hash: string): void {
  named = { hash, of: session.value };
  change("replaceState", { named: true }, hash);
}

/** The address no longer names what is shown. */
export function unnameRun(): void {
  named = null;
  change("replaceState", null, location.pathname + location.search);
}

/** Whether the address names the run at hand, and nobody has asked for it anew. */
export function isNamed(): boolean {
  const kept = (history.state as { named?: boolean } | null)?.named === true;
  return kept && named !== null && named.hash === location.hash && named.of === session.value;
}

/** Takes the room from the address, and keeps the address in step with the room from now on. */
export function watchRooms(): void {
  room.value = roomOf(location.hash) ?? room.value;
  effect(() => {
    const shown = room.value;
    if (shown !== (roomOf(location.hash) ?? "play")) change("pushState", null, addressOf(shown));
  });
}
