/** Whether a search runs: known without loading the searches. */
import { signal } from "@preact/signals";

export const busy = signal(false);
