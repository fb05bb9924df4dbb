/** In a report: the modules are in elements of the page, and the worker is in the script. See `api/parts.ts`. */
import type { Part } from "../api/parts";
import SearchWorker from "../worker?worker&inline";

const read = new Map<Part, Uint8Array<ArrayBuffer>>();

export function bytesOf(part: Part): Uint8Array<ArrayBuffer> {
  const known = read.get(part);
  if (known !== undefined) return known;
  const binary = atob(document.getElementById(`quorate-${part}`)?.textContent ?? "");
  const bytes = Uint8Array.from(binary, (one) => one.charCodeAt(0));
  read.set(part, bytes);
  return bytes;
}

export const startWorker = (): Worker => new SearchWorker();
