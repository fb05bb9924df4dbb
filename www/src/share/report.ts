/**
 * A report: one page with the playground and a run inside, that opens from disk.
 *
 * `report.html` is the page without the core and a run; they are put into elements that stand there empty. A report can make
 * reports as well: it keeps the text that it was before anything was drawn.
 */
import type { Linked } from "./link";
import type { Part } from "../api/parts";
import check from "../pkg/check_bg.wasm?url";
import plan from "../pkg/plan_bg.wasm?url";
import play from "../pkg/play_bg.wasm?url";

const MODULES: [Part, string][] = [["play", play], ["check", check], ["plan", plan]];

/** The text of this page, if it is a report. */
let own: string | null = null;

/** To be called before anything is drawn. */
export function rememberReport(): void {
  if (document.getElementById("quorate-run") !== null) own = `<!doctype html>\n${document.documentElement.outerHTML}`;
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
  let filled = await (await fetched(new URL("report.html", document.baseURI))).text();
  for (const [part, address] of MODULES) {
    const module = new Uint8Array(await (await fetched(new URL(address, document.baseURI))).arrayBuffer());
    filled = fill(filled, `quorate-${part}`, base64(module));
  }
  return page(fill(filled, "quorate-run", run));
}

const page = (content: string): Blob => new Blob([content], { type: "text/html" });
