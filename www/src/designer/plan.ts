/**
 * What a plan of the core says, as data, and what follows from it for nodes that are lost: whether what is left still
 * contains one of the sets that the plan lists. Nothing is decided here that the plan has not computed.
 */

export interface Family {
  count: number;
  sets: string[][];
  searched: number;
  complete: boolean;
}

export interface Loss {
  survived: number;
  exact: boolean;
  breaks: Family;
}

export type Service = "failover" | "if-primary-survives" | "stops";

export interface NodePlan {
  name: string;
  zone: string | null;
  data: boolean;
  vote: boolean;
  candidate: boolean;
  learner: boolean;
  priority: number;
  lost: Service;
}

export const STEPS = ["detect", "decide", "lease", "fence", "promote"] as const;

export interface Case {
  case: "best" | "typical" | "worst";
  detect: number;
  decide: number;
  lease: number;
  fence: number;
  promote: number;
  total: number;
}

export interface Margin {
  hold: number;
  grant: number;
  quantum: number;
  slow: number;
  fast: number;
  "shortest-grant": number;
  "longest-hold": number;
  slack: number;
  "bears-ppm": number;
}

export interface Plan {
  name: string;
  nodes: NodePlan[];
  votes: { words: string; sets: Family };
  acks: { words: string; sets: Family; recovery: Family } | null;
  failures: {
    failover: Loss;
    "going-on": Loss;
    kept: Loss | null;
    zones: { zone: string; nodes: string[]; service: Service; kept: boolean | null }[];
  };
  rto: { after: string[]; never: string[]; cases: Case[] };
  lease: Margin | null;
  fencing: string;
  advice: { about: string; text: string }[];
}

/** What is left of each condition; null where the plan does not list enough sets to say. */
export interface Rest {
  candidates: string[];
  votes: string[] | null | undefined;
  acks: string[] | null | undefined;
  recovery: string[] | null | undefined;
  goingOn: boolean | null;
  failover: boolean | null;
  kept: boolean | null;
}

/** Whether all minimal sets are listed. */
export function isWhole(family: Family): boolean {
  return family.complete && family.count === family.sets.length;
}

/** A listed set that is whole without the lost; null if there is none, undefined if that cannot be said. */
function left(family: Family, lost: ReadonlySet<string>): string[] | null | undefined {
  return family.sets.find((set) => !set.some((name) => lost.has(name))) ?? (isWhole(family) ? null : undefined);
}

const known = (found: string[] | null | undefined): boolean | null => (found === undefined ? null : found !== null);

/** All of these; null if one is unknown and none is false. */
function all(...parts: (boolean | null)[]): boolean | null {
  return parts.includes(false) ? false : parts.includes(null) ? null : true;
}

export function rest(plan: Plan, lost: ReadonlySet<string>): Rest {
  const candidates = plan.nodes.filter((node) => node.candidate && !lost.has(node.name)).map((node) => node.name);
  const votes = left(plan.votes.sets, lost);
  const acks = plan.acks === null ? [] : left(plan.acks.sets, lost);
  const recovery = plan.acks === null ? [] : left(plan.acks.recovery, lost);
  const goingOn = all(candidates.length > 0, known(votes), known(acks));
  const kept = known(recovery);
  return { candidates, votes, acks, recovery, goingOn, kept, failover: all(goingOn, kept) };
}

// ---- availability ---------------------------------------------------------------------------------------

/** Up to so many nodes every combination is summed. */
export const ENUMERATED = 14;

export interface Availability {
  /** The chance that writes are served whoever was primary before. */
  failover: number;
  /** The chance that they are if the primary is among those that are up. */
  goingOn: number;
}

/**
 * Sums over every combination of nodes that are up, each by itself with the given chance. Null if there are too many, or
 * the plan does not list all sets.
 */
export function availability(plan: Plan, up: readonly number[]): Availability | null {
  const { nodes, acks } = plan;
  const families = [plan.votes.sets, ...(acks === null ? [] : [acks.sets, acks.recovery])];
  if (nodes.length > ENUMERATED || !families.every(isWhole)) return null;
  const bit = new Map(nodes.map((node, place) => [node.name, 1 << place]));
  const mask = (names: string[]): number => names.reduce((sum, name) => sum | (bit.get(name) ?? 0), 0);
  const masks = (family: Family): number[] => family.sets.map(mask);
  const [votes, flushes, recovers] = [masks(plan.votes.sets), acks === null ? [0] : masks(acks.sets), acks === null ? [0] : masks(acks.recovery)];
  const candidates = mask(nodes.filter((node) => node.candidate).map((node) => node.name));
  const contains = (sets: number[], rest: number): boolean => sets.some((set) => (set & rest) === set);
  let [failover, goingOn] = [0, 0];
  for (let rest = 0; rest < 1 << nodes.length; rest += 1) {
    if ((rest & candidates) === 0 || !contains(votes, rest) || !contains(flushes, rest)) continue;
    const chance = up.reduce((product, one, place) => product * ((rest >> place) & 1 ? one : 1 - one), 1);
    goingOn += chance;
    if (contains(recovers, rest)) failover += chance;
  }
  return { failover: Math.min(1, failover), goingOn: Math.min(1, goingOn) };
}

/** The sections of the printed plan: the text beside each title, its lines joined. */
export function sections(text: string): Map<string, string> {
  const found = new Map<string, string>();
  let title: string | null = null;
  for (const line of text.split("\n").slice(1)) {
    const head = line.slice(0, 10).trim();
    if (line.trim() === "") title = null;
    else if (head !== "") title = head;
    if (title === null) continue;
    const old = found.get(title);
    found.set(title, old === undefined ? line.slice(10).trim() : `${old} ${line.slice(10).trim()}`);
  }
  return found;
}
