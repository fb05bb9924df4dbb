/** In a report: the core is in an element of the page, and the worker in the script. See `api/parts.ts`. */
import SearchWorker from "../worker?worker&inline";

let bytes: Uint8Array<ArrayBuffer> | undefined;

export function coreBytes(): Uint8Array<ArrayBuffer> {
  if (bytes === undefined) {
    const binary = atob(document.getElementById("quorate-core")?.textContent ?? "");
    bytes = Uint8Array.from(binary, (one) => one.charCodeAt(0));
  }
  return bytes;
}

export const startWorker = (): Worker => new SearchWorker();
