/** A cluster as it is drawn, and its file. */
import { bare, parse, quoted, type Table, type Value } from "./toml";

export interface Member {
  name: string;
  zone: string | null;
  data: boolean;
  vote: boolean;
  priority: number;
}

/** Who must agree: a usual word, or a number of nodes, of zones, of weights. */
export type Condition =
  | { kind: "word"; word: string }
  | { kind: "any"; any: number; of: string[] | null }
  | { kind: "zones"; zones: number; each: number | null; of: string[] | null }
  | { kind: "weights"; weights: [string, number][]; need: number | null };

export const TIMES = ["election-timeout", "spread", "heartbeat", "contact", "round-trip", "flush", "fence", "promote"] as const;
export type Time = (typeof TIMES)[number];

export interface Lease {
  hold: string;
  grant: string;
  quantum: string;
  /** In parts per million; null if rates are given. */
  ppm: number | null;
  rates: [number, number] | null;
}

export interface Design {
  name: string;
  /** Null: a majority of those who vote. */
  votes: Condition | null;
  /** Null: no node keeps data. */
  acks: Condition | null;
  maxLag: string;
  fencing: string;
  nodes: Member[];
  timing: Record<Time, string>;
  lease: Lease | null;
}

// ---- reading --------------------------------------------------------------------------------------------

const asTable = (value: Value | undefined): Table => (typeof value === "object" && !Array.isArray(value) ? value : {});
const asText = (value: Value | undefined, otherwise = ""): string => (typeof value === "string" ? value : otherwise);
const asNumber = (value: Value | undefined): number | null => (typeof value === "number" ? value : null);
const asFlag = (value: Value | undefined): boolean => value !== false;

function condition(value: Value | undefined): Condition | null {
  if (value === undefined) return null;
  if (typeof value === "string") return { kind: "word", word: value };
  const table = asTable(value);
  const of = Array.isArray(table["of"]) ? table["of"].map((one) => asText(one)) : null;
  const any = asNumber(table["any"]);
  if (any !== null) return { kind: "any", any, of };
  const zones = asNumber(table["zones"]);
  if (zones !== null) return { kind: "zones", zones, each: asNumber(table["each"]), of };
  const weights = Object.entries(asTable(table["weights"])).map(([name, weight]): [string, number] => [name, asNumber(weight) ?? 0]);
  return { kind: "weights", weights, need: asNumber(table["need"]) };
}

/** What a file draws. Throws for what is no TOML. */
export function read(text: string): Design {
  const root = parse(text);
  const nodes = Array.isArray(root["nodes"]) ? root["nodes"].map(asTable) : [];
  const timing = asTable(root["timing"]);
  const lease = root["lease"] === undefined ? null : asTable(root["lease"]);
  const rates = Array.isArray(lease?.["rates"]) ? lease["rates"] : null;
  return {
    name: asText(root["name"]),
    votes: condition(root["votes"]),
    acks: condition(root["acks"]),
    maxLag: asText(root["max-lag"]),
    fencing: asText(root["fencing"], "none"),
    nodes: nodes.map((node) => ({
      name: asText(node["name"]),
      zone: typeof node["zone"] === "string" ? node["zone"] : null,
      data: asFlag(node["data"]),
      vote: asFlag(node["vote"]),
      priority: asNumber(node["priority"]) ?? 0,
    })),
    timing: Object.fromEntries(TIMES.map((name) => [name, asText(timing[name])])) as Record<Time, string>,
    lease: lease === null ? null : {
      hold: asText(lease["hold"]),
      grant: asText(lease["grant"]),
      quantum: asText(lease["quantum"]),
      ppm: asNumber(lease["drift-ppm"]),
      rates: rates === null ? null : [asNumber(rates[0]) ?? 1, asNumber(rates[1]) ?? 1],
    },
  };
}

// ---- writing --------------------------------------------------------------------------------------------

function conditionText(of: Condition): string {
  const names = (list: string[] | null): string => (list === null ? "" : `, of = [${list.map(quoted).join(", ")}]`);
  switch (of.kind) {
    case "word":
      return quoted(of.word);
    case "any":
      return `{ any = ${of.any}${names(of.of)} }`;
    case "zones":
      return `{ zones = ${of.zones}${of.each === null ? "" : `, each = ${of.each}`}${names(of.of)} }`;
    case "weights": {
      const weights = of.weights.map(([name, weight]) => `${bare(name)} = ${weight}`).join(", ");
      return `{ weights = { ${weights} }${of.need === null ? "" : `, need = ${of.need}`} }`;
    }
  }
}

export function write(design: Design): string {
  const { timing, lease } = design;
  const lines = [`name = ${quoted(design.name)}`];
  if (design.votes !== null) lines.push(`votes = ${conditionText(design.votes)}`);
  if (design.acks !== null) lines.push(`acks = ${conditionText(design.acks)}`);
  if (design.maxLag !== "") lines.push(`max-lag = ${quoted(design.maxLag)}`);
  lines.push(`fencing = ${quoted(design.fencing)}`);
  for (const node of design.nodes) {
    lines.push("", "[[nodes]]", `name = ${quoted(node.name)}`);
    if (node.zone !== null) lines.push(`zone = ${quoted(node.zone)}`);
    if (!node.data) lines.push("data = false");
    if (!node.vote) lines.push("vote = false");
    if (node.priority !== 0) lines.push(`priority = ${node.priority}`);
  }
  const times = TIMES.filter((name) => timing[name] !== "");
  if (times.length > 0) lines.push("", "[timing]", ...times.map((name) => `${name} = ${quoted(timing[name])}`));
  if (lease !== null) {
    lines.push("", "[lease]", `hold = ${quoted(lease.hold)}`, `grant = ${quoted(lease.grant)}`);
    if (lease.quantum !== "") lines.push(`quantum = ${quoted(lease.quantum)}`);
    if (lease.rates !== null) lines.push(`rates = [${lease.rates.join(", ")}]`);
    else if (lease.ppm !== null) lines.push(`drift-ppm = ${lease.ppm}`);
  }
  return `${lines.join("\n")}\n`;
}

// ---- changes --------------------------------------------------------------------------------------------

function renamedIn(of: Condition | null, old: string, next: string): Condition | null {
  const swap = (name: string): string => (name === old ? next : name);
  switch (of?.kind) {
    case "any":
    case "zones":
      return { ...of, of: of.of?.map(swap) ?? null };
    case "weights":
      return { ...of, weights: of.weights.map(([name, weight]) => [swap(name), weight]) };
    case "word":
    case undefined:
      return of ?? null;
  }
}

export function withNode(design: Design, index: number, change: Partial<Member>): Design {
  const old = design.nodes[index];
  if (old === undefined) return design;
  const next = { ...old, ...change };
  const nodes = design.nodes.map((node, place) => (place === index ? next : node));
  const renamed = next.name === old.name ? design : { ...design, votes: renamedIn(design.votes, old.name, next.name), acks: renamedIn(design.acks, old.name, next.name) };
  const weighed = { ...renamed, nodes };
  return { ...weighed, votes: weights(weighed) };
}

/** Every voter has a weight, and nobody else. */
function weights(design: Design): Condition | null {
  const { votes, nodes } = design;
  if (votes?.kind !== "weights") return votes;
  const known = new Map(votes.weights);
  return { ...votes, weights: nodes.filter((node) => node.vote).map((node) => [node.name, known.get(node.name) ?? 1]) };
}

export function added(design: Design, zone: string | null, data: boolean): Design {
  const taken = new Set(design.nodes.map((node) => node.name));
  const stem = data ? (zone ?? "node") : "witness";
  let name = data ? `${stem}-1` : stem;
  for (let count = 2; taken.has(name); count += 1) name = `${stem}-${count}`;
  const next = { ...design, nodes: [...design.nodes, { name, zone, data, vote: true, priority: 0 }] };
  return { ...next, votes: weights(next) };
}

export function removed(design: Design, index: number): Design {
  const gone = design.nodes[index]?.name;
  const without = (of: Condition | null): Condition | null =>
    of?.kind === "any" || of?.kind === "zones" ? { ...of, of: of.of?.filter((name) => name !== gone) ?? null } : of;
  const next = { ...design, nodes: design.nodes.filter((_, place) => place !== index), votes: without(design.votes), acks: without(design.acks) };
  return { ...next, votes: weights(next) };
}

/** Zones in the order of the file; null, for nodes without one, last. */
export function zonesOf(design: Design): (string | null)[] {
  const zones = [...new Set(design.nodes.map((node) => node.zone))];
  return [...zones.filter((zone) => zone !== null), ...(zones.includes(null) ? [null] : [])];
}
