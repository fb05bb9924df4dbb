/**
 * A report: one page with the playground and a run inside, that opens from disk.
 *
 * `report.html` is the page without core and run; both are put into elements that stand there empty. A report can make
 * reports as well: it keeps the text that it was before anything was drawn.
 */
import type { Linked } from "./link";
import { coreBytes } from "../api/parts";
import wasm from "../pkg/quorate_bg.wasm?url";

/** The text of this page, if it is a report. */
let own: string | null = null;

/** To be called before anything is drawn. */
export function rememberReport(): void {
  if (document.getElementById("quorate-core") !== null) own = `<!doctype html>\n${document.documentElement.outerHTML}`;
}

/** In slices: not every browser takes a million arguments. */
function base64(bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += 0x8000) binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(binary);
}

async function fetched(url: string | URL): Promise<Response> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${answer.statusText}`);
  return answer;
}

/** Puts a text into the element of a script that carries data. */
function fill(page: string, id: string, content: string): string {
  const begin = page.indexOf(`id="${id}"`);
  const from = page.indexOf(">", begin) + 1;
  const to = page.indexOf("</script>", from);
  if (begin < 0 || from === 0 || to < 0) throw new Error(`report.html has no place for ${id}`);
  return page.slice(0, from) + content + page.slice(to);
}

export async function report(linked: Linked): Promise<Blob> {
  const run = JSON.stringify(linked).replaceAll("<", "\\u003c");
  if (own !== null) return page(fill(own, "quorate-run", run));
  const template = await (await fetched(new URL("report.html", document.baseURI))).text();
  const core = coreBytes() ?? new Uint8Array(await (await fetched(new URL(wasm, document.baseURI))).arrayBuffer());
  return page(fill(fill(template, "quorate-core", base64(core)), "quorate-run", run));
}

const page = (content: string): Blob => new Blob([content], { type: "text/html" });
