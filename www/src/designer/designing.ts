/** The cluster that is drawn: its text is what counts, the picture is read from it. */
import { computed, effect, signal } from "@preact/signals";
import { reason } from "../api/reason";
import { plan as ask } from "../api/plan";
import { remember, remembered } from "../shell/settings";
import { read, write, type Design } from "./design";
import type { Plan } from "./plan";

/** The bundled cluster files. */
const files = import.meta.glob("../../../clusters/*.toml", { query: "?raw", import: "default", eager: true }) as Record<string, string>;

export const presets: { name: string; file: string; text: string }[] = Object.entries(files)
  .map(([path, text]) => {
    const file = path.slice(path.lastIndexOf("/") + 1);
    return { file, name: file.replace(/\.toml$/, ""), text };
  });

const FIRST = "three-postgres";
/** Characters of a text that is kept for the next visit; the file of 64 nodes has a tenth of it at most. */
export const MOST_KEPT = 100_000;

/** What the designer begins with: what was kept, if there is anything in it, else the first preset. */
export function beginning(kept: string | null): string {
  if (kept !== null && kept.length <= MOST_KEPT && kept.trim() !== "") return kept;
  return presets.find((one) => one.name === FIRST)?.text ?? presets[0]?.text ?? "";
}

export const FILE = "cluster.toml";
export const toml = signal(beginning(remembered("cluster")));
/** Which preset this is to the character; null once it is anything of one's own. */
export const preset = computed(() => presets.find(({ text }) => text === toml.value)?.name ?? null);
/** Nodes that are failed, by name. */
export const lost = signal<ReadonlySet<string>>(new Set());
/** The node that is edited, by its place. */
export const chosen = signal<number | null>(null);
/** Nodes that are pointed out, by name. */
export const lit = signal<ReadonlySet<string>>(new Set());
const past = signal<string[]>([]);
export const canUndo = computed(() => past.value.length > 0);

const LIMIT = 200;

/**
 * What is drawn: of the text at hand, or while it cannot be read, of the last that could. That one is only looked at
 * then: neither is anything said of it, nor does a change to it take the place of the text.
 */
let last: Design = { name: "", votes: null, acks: null, maxLag: "", fencing: "none", nodes: [], timing: {} as Design["timing"], lease: null };

export const drawn = computed<{ design: Design; unread: string | null }>(() => {
  try {
    last = read(toml.value);
    return { design: last, unread: null };
  } catch (error) {
    return { design: last, unread: reason(error) };
  }
});
export const design = computed(() => drawn.value.design);
/** Whether what is drawn is the text at hand. */
export const isDrawn = computed(() => drawn.value.unread === null);

export interface Answer {
  /** To the character what `quorate plan` prints. */
  text: string;
  plan: Plan | null;
  error: string | null;
}

export const answer = computed<Answer>(() => {
  try {
    const { text, plan, error } = ask(FILE, toml.value);
    return { text, plan: plan as unknown as Plan | null, error };
  } catch (error) {
    return { text: "", plan: null, error: reason(error) };
  }
});

/** The nodes that are failed and exist; none while another text is drawn. */
export const failed = computed<ReadonlySet<string>>(() => {
  if (!isDrawn.value) return new Set();
  const names = new Set(design.value.nodes.map((node) => node.name));
  return new Set([...lost.value].filter((name) => names.has(name)));
});

/** Takes another text; the one before can be had back. */
export function setText(next: string): void {
  if (next === toml.value) return;
  past.value = [...past.value.slice(-LIMIT), toml.value];
  toml.value = next;
}

/** Changes what is drawn, and writes it anew. */
export function edit(change: (design: Design) => Design): void {
  if (isDrawn.value) setText(write(change(design.value)));
}

export function undo(): void {
  const back = past.value.at(-1);
  if (back === undefined) return;
  past.value = past.value.slice(0, -1);
  toml.value = back;
}

export function take(name: string): void {
  const found = presets.find((one) => one.name === name);
  if (found === undefined) return;
  setText(found.text);
  lost.value = new Set();
  chosen.value = null;
}

export function toggle(names: string[]): void {
  if (!isDrawn.value) return;
  const next = new Set(failed.value);
  const restore = names.every((name) => next.has(name));
  for (const name of names) {
    if (restore) next.delete(name);
    else next.add(name);
  }
  lost.value = next;
}

/** Where the error says it is: line and column, from 1. */
export function placeOf(error: string): { line: number; column: number } | null {
  const found = /:(\d+):(\d+): /.exec(error);
  return found === null ? null : { line: Number(found[1]), column: Number(found[2]) };
}

/** Keeps the text for the next visit, half a second after it changed: one that the core cannot bear is never kept. */
function keep(): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let was = toml.value;
  effect(() => {
    const text = toml.value;
    if (text === was) return;
    was = text;
    clearTimeout(timer);
    timer = setTimeout(() => remember("cluster", text.length <= MOST_KEPT ? text : null), 500);
  });
}

keep();
