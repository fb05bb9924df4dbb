/**
 * A run as a link: `#v1.` and then, in base64url, the deflated bytes of a header in JSON, a zero, and the choices as
 * numbers of variable length.
 *
 * A model that the core knows is named, with what differs from it; its hash says whether the name still means the same.
 * A link is input from anybody: whatever is wrong with it is said in a sentence, and no bytes are unpacked beyond a limit.
 */
import { catalogue } from "../api/core";
import type { LinkRun, Model, Scope } from "../api/types";
import { roomOf } from "../state/room";
import { sandbox, start } from "../state/start";
import { text } from "./text";

export interface Linked {
  run: LinkRun;
  /** The step that is shown; null for the last. */
  at: number | null;
}

/** Models by the name that a link calls them. */
export type Known = Map<string, Model>;

interface Header {
  v: string;
  /** The name of a known model, or a whole model. */
  m: string | Model;
  /** What differs from the known one. */
  d?: Difference;
  h: string;
  e: string;
  n?: string;
  a?: number;
}

interface Difference {
  name?: string;
  without?: string[];
  /** Null takes a bound away. */
  scope?: Record<string, unknown>;
}

/** Characters of an address, bytes of what is in it, and choices. */
const MOST = { address: 200_000, bytes: 2_000_000, choices: 200_000 };

let bundled: Known | null = null;

/** `start`, every bundled model as `=name` and its sandbox as `~name`. */
export function known(): Known {
  if (bundled !== null) return bundled;
  const models: Known = new Map([["start", start()]]);
  for (const { name, model } of catalogue()) {
    models.set(`=${name}`, model);
    models.set(`~${name}`, sandbox(model));
  }
  bundled = models;
  return models;
}

/** Equal for equal values, whatever the order of their keys. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  ) ?? "";
}

const idle = (value: unknown): boolean => value === undefined || value === 0 || value === false;

/** What differs, if name, rules and bounds are all that does. */
function difference(from: Model, to: Model): Difference | null {
  const rest = ({ cluster, nodes, node, changes }: Model): string =>
    canonical([cluster, nodes, node ?? {}, changes ?? []]);
  if (rest(from) !== rest(to)) return null;
  const found: Difference = {};
  if (from.name !== to.name) found.name = to.name;
  if (canonical(from.without ?? []) !== canonical(to.without ?? [])) found.without = to.without ?? [];
  const scope: Record<string, unknown> = {};
  const [old, next] = [from.scope as object as Record<string, unknown>, to.scope as object as Record<string, unknown>];
  for (const key of new Set([...Object.keys(old), ...Object.keys(next)])) {
    const [a, b] = [old[key], next[key]];
    if (canonical(a) !== canonical(b) && !(idle(a) && idle(b))) scope[key] = b ?? null;
  }
  if (Object.keys(scope).length > 0) found.scope = scope;
  return found;
}

function changed(model: Model, { name, without, scope }: Difference): Model {
  const kept = Object.entries({ ...model.scope, ...scope }).filter(([, value]) => value !== null);
  return {
    ...model,
    ...(name !== undefined && { name }),
    ...(without !== undefined && { without }),
    scope: Object.fromEntries(kept) as object as Scope,
  };
}

/** The shortest way to name a model. */
function nameOf(model: Model, models: Known): Pick<Header, "m" | "d"> {
  let best: Pick<Header, "m" | "d"> = { m: model };
  let length = Infinity;
  for (const [name, candidate] of models) {
    const d = difference(candidate, model);
    if (d === null) continue;
    const cost = JSON.stringify(d).length;
    if (cost < length) [best, length] = [cost > 2 ? { m: name, d } : { m: name }, cost];
  }
  return best;
}

function packNumbers(numbers: number[]): number[] {
  const bytes: number[] = [];
  for (let number of numbers) {
    for (; number > 127; number = Math.floor(number / 128)) bytes.push((number % 128) | 128);
    bytes.push(number);
  }
  return bytes;
}

function unpackNumbers(bytes: Uint8Array): number[] {
  const numbers: number[] = [];
  let [number, scale] = [0, 1];
  for (const byte of bytes) {
    number += (byte & 127) * scale;
    scale *= 128;
    if (byte < 128) {
      if (number > 0xffff_ffff) throw new Error(text("linkBroken"));
      numbers.push(number);
      [number, scale] = [0, 1];
    }
  }
  if (scale !== 1 || numbers.length > MOST.choices) throw new Error(text("linkBroken"));
  return numbers;
}

/** Reads a stream to its end, or to the limit. */
async function drain(stream: ReadableStream<Uint8Array>, most: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > most) {
      await reader.cancel();
      throw new Error(text("linkLong"));
    }
    chunks.push(value);
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

const through = (bytes: Uint8Array, way: GenericTransformStream): ReadableStream<Uint8Array> =>
  new Blob([bytes as BlobPart]).stream().pipeThrough(way as ReadableWritablePair<Uint8Array, Uint8Array>);

function toBase64(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

function fromBase64(words: string): Uint8Array {
  const binary = atob(words.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (one) => one.charCodeAt(0));
}

/** `#v1.…` */
export async function writeLink({ run, at }: Linked, models: Known = known()): Promise<string> {
  const header: Header = { v: run.version, ...nameOf(run.model, models), h: run.hash, e: run.end };
  if (run.note !== "") header.n = run.note;
  if (at !== null) header.a = at;
  const head = new TextEncoder().encode(JSON.stringify(header));
  const bytes = Uint8Array.from([...head, 0, ...packNumbers(run.choices)]);
  return `#v1.${toBase64(await drain(through(bytes, new CompressionStream("deflate-raw")), Infinity))}`;
}

/** Whether an address names anything that wants to be a run. */
export const hasLink = (hash: string): boolean => hash.length > 1 && roomOf(hash) === null;

function isHeader(value: unknown): value is Header {
  if (typeof value !== "object" || value === null) return false;
  const { v, m, d, h, e, n, a } = value as Record<string, unknown>;
  const named = typeof m === "string" || (typeof m === "object" && m !== null && "scope" in m && "cluster" in m);
  const plain = [v, h, e].every((one) => typeof one === "string");
  const noted = (n === undefined || typeof n === "string") && (a === undefined || Number.isInteger(a));
  return named && plain && noted && (d === undefined || (typeof d === "object" && d !== null && !Array.isArray(d)));
}

function headerOf(bytes: Uint8Array): Header {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new Error(text("linkBroken"));
  }
  if (!isHeader(header)) throw new Error(text("linkForeign"));
  return header;
}

function modelOf({ m, d }: Header, models: Known): Model {
  if (typeof m !== "string") return m;
  const model = models.get(m);
  if (model === undefined) throw new Error(text("linkModel", { name: m.replace(/^[=~]/, "") }));
  return d === undefined ? model : changed(model, d);
}

async function unpack(words: string): Promise<Uint8Array> {
  let packed: Uint8Array;
  try {
    packed = fromBase64(words);
  } catch {
    throw new Error(text("linkBroken"));
  }
  try {
    return await drain(through(packed, new DecompressionStream("deflate-raw")), MOST.bytes);
  } catch (error) {
    throw error instanceof Error && error.message === text("linkLong") ? error : new Error(text("linkBroken"));
  }
}

/** What a link says. Throws a sentence. */
export async function readLink(hash: string, models: () => Known = known): Promise<Linked> {
  if (hash.length > MOST.address) throw new Error(text("linkLong"));
  const [, version, words] = /^#?v(\d+)\.([A-Za-z0-9_-]*)$/.exec(hash) ?? [];
  if (version === undefined || words === undefined) {
    throw new Error(text(/^#?v1\./.test(hash) ? "linkBroken" : "linkForeign"));
  }
  if (version !== "1") throw new Error(text("linkNewer", { version }));
  const bytes = await unpack(words);
  const end = bytes.indexOf(0);
  if (end < 0) throw new Error(text("linkBroken"));
  const header = headerOf(bytes.subarray(0, end));
  const choices = unpackNumbers(bytes.subarray(end + 1));
  const run = { version: header.v, model: modelOf(header, models()), hash: header.h, choices, end: header.e, note: header.n ?? "" };
  return { run, at: header.a ?? null };
}
