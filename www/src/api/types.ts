/**
 * What the core, compiled to WebAssembly, answers: plain values, read from JSON.
 *
 * Everything here is computed by the code that is checked; the page only draws it. Sentences are in English, words of
 * the protocol are those of the crate. A machine is its number; a moment is a place in the tree of all that was tried
 * in a session.
 */

/** The number of a machine; it is called n0, n1, … */
export type NodeIndex = number;
/** A moment of a session: 0 is the beginning, every other follows from its parent by one choice. */
export type MomentId = number;
/** A message on its way keeps its number for as long as it travels, also while time passes. */
export type LetterId = number;

/** A model as the run file has it. The page treats it as data, and edits only what `scope` and `without` say. */
export interface Model {
  name: string;
  cluster: unknown;
  nodes: number;
  node?: Record<string, unknown>;
  scope: Scope;
  changes?: unknown[];
  without?: string[];
}

/** Bounds and surroundings; what is left out is zero or false. */
export interface Scope {
  epochs: number;
  writes?: number;
  reads?: number;
  crashes?: number;
  flush_failures?: number;
  drops?: number;
  duplicates?: number;
  partitions?: number;
  pauses?: number;
  suspends?: number;
  noticed?: boolean;
  doubts?: number;
  switchovers?: number;
  losses?: number;
  poweroffs?: number;
  compactions?: number;
  rates?: [number, number];
  network?: "any" | "counted";
  driver?: "pipelined" | "blocking";
  beats?: boolean;
  refusals?: boolean;
  harm_only?: boolean;
}

/** What is the same at every moment of a session. */
export interface About {
  model: Model;
  /** Of the model, as in a run file. */
  hash: string;
  /** What is explored, in words. */
  bounds: string;
  nodes: { index: NodeIndex; name: string; votes: boolean; data: boolean; learner: boolean; priority: number }[];
  /** Names of the rules that are switched off. */
  off: string[];
  /** Whether time passes in this model. */
  timed: boolean;
  /** Whether there is a resource that is fenced. */
  fenced: boolean;
  /** Whether a database beside each node keeps the log. */
  external: boolean;
  network: "any" | "counted";
  driver: "pipelined" | "blocking";
  /** Invariants that can say something about this model, by name. */
  invariants: string[];
}

export interface Epoch {
  generation: number;
  term: number;
  /** As everywhere: `e3`, or `g1e3` after a recovery that accepted loss. */
  text: string;
}

export type Role = "down" | "halted" | "follower" | "pre-candidate" | "candidate" | "primary";

export interface NodeView {
  index: NodeIndex;
  role: Role;
  /** Of a primary: revoking, recovering, promoting, replicating, waiting, fencing, loading, arming, serving, leaving. */
  phase: string | null;
  epoch: Epoch;
  voted: NodeIndex | null;
  paused: boolean;
  /** Whether it may act as primary right now: serving, and its lease, if it needs one, is running. */
  serving: boolean;
  /** The lease it holds, on its own clock: ticks left of how many. */
  lease: { left: number; of: number } | null;
  /** The promise it gave: ticks for which it is bound to a holder, of how many. */
  bound: { left: number; of: number } | null;
  /** Who it takes for primary. */
  primary: NodeIndex | null;
  /** Oldest first. */
  log: { op: number; epoch: Epoch; flushed: boolean; committed: boolean }[];
  /** Entries before the log that a snapshot covers. */
  base: number;
  committed: number;
  /** Records on their way to the disk. */
  inFlight: number;
  /** Effects asked for and not yet done, in words. */
  effects: string[];
  /** The database beside it, in words. */
  engine: string | null;
  /** Ticks its clock has counted since the beginning. */
  clock: number;
  /** All that can be said of it, for the inspector: a label and a value each, always in the same order. */
  facts: [label: string, value: string][];
}

/** A message on its way. */
export interface LetterView {
  id: LetterId;
  from: NodeIndex;
  to: NodeIndex;
  /** In kebab-case: vote, granted, beat, append, ack, … */
  kind: string;
  /** Whether it answers another message. */
  answer: boolean;
  epoch: Epoch;
  /** The full name, as in a choice. */
  name: string;
  /** The moment in which it was sent. */
  sent: MomentId;
  /** How often it was delivered on this path; on a network `any` it stays and may arrive again. */
  delivered: number;
  /** How many copies travel; more than one only on a counted network. */
  copies: number;
  /** Whether a partition, a pause or a machine that is down holds it back now. */
  held: boolean;
}

/** A write on its way to the resource. */
export interface LandingView {
  from: NodeIndex;
  epoch: Epoch;
  op: number;
  /** Whether the resource would apply it now. */
  admitted: boolean;
}

export interface InvariantView {
  name: string;
  statement: string;
  holds: boolean;
  /** The values that break it. */
  why: string | null;
}

/** Everything at one moment. */
export interface View {
  id: MomentId;
  parent: MomentId | null;
  /** Steps from the beginning. */
  depth: number;
  nodes: NodeView[];
  letters: LetterView[];
  landings: LandingView[];
  resource: { installed: Epoch; loaded: Epoch } | null;
  cut: { side: NodeIndex[]; both: boolean } | null;
  /** Units of true time that have passed. */
  time: number;
  client: {
    /** Writes issued. */
    issued: number;
    /** The log of the newest established primary. */
    log: number[];
    /** How many of them are acknowledged. */
    acked: number;
    /** Reads that have begun and not ended, in words. */
    reads: string[];
  };
  budgets: { name: string; left: number }[];
  invariants: InvariantView[];
  /** The first violation; a broken session does not go on from here. */
  broken: { invariant: string; why: string } | null;
}

export type ChoiceKind =
  | "deliver" | "drop" | "duplicate" | "tick" | "flush" | "fail-flush" | "crash" | "restart" | "done" | "report"
  | "write" | "land" | "read-by-lease" | "confirm-read" | "read-by-quorum" | "read-by-token" | "switchover"
  | "accept-loss" | "change" | "power-off" | "compact" | "doubt" | "pass" | "partition" | "heal" | "pause" | "resume";

/** One thing that may happen next. */
export interface ChoiceView {
  /** Its place among the choices of the moment. */
  index: number;
  /** The printable name, as in a run file. */
  name: string;
  kind: ChoiceKind;
  /** The machine to which it happens. */
  node: NodeIndex | null;
  /** The other machine, if it names one: the sender, the heir, the one that is off. */
  other: NodeIndex | null;
  /** The message it is about. */
  letter: LetterId | null;
  /** Ticks on each clock, of `pass`. */
  ticks: number[] | null;
  /** One side, of `partition`. */
  side: NodeIndex[] | null;
  both: boolean | null;
  /** Records that survive, of `crash`. */
  kept: number | null;
  /** Whether anything would be different afterwards. */
  effective: boolean;
}

/** How a machine stands after an event, for its lane in a diagram. */
export interface Lane {
  role: Role;
  phase: string | null;
  epoch: Epoch;
  serving: boolean;
  paused: boolean;
  /** Ticks left of its lease, null without one. */
  lease: number | null;
  committed: number;
  clock: number;
}

export type Place =
  | { kind: "between"; from: NodeIndex; to: NodeIndex }
  | { kind: "lost"; from: NodeIndex; to: NodeIndex }
  | { kind: "at"; node: NodeIndex }
  | { kind: "resource"; from: NodeIndex }
  | { kind: "everywhere"; ticks: number[] }
  | { kind: "links" };

/** What led to a moment. Moment 0 has none. */
export interface EventView {
  id: MomentId;
  parent: MomentId;
  depth: number;
  /** The choice, by printable name and kind. */
  name: string;
  kind: ChoiceKind;
  place: Place;
  /** A few words. */
  label: string;
  /** What changes by it, a sentence each. */
  changes: string[];
  /** The message that arrived, was lost or was doubled, and the moment in which it was sent. */
  letter: { id: LetterId; sent: MomentId; kind: string; answer: boolean } | null;
  /** Messages that it sent. */
  sent: { id: LetterId; to: NodeIndex; kind: string; answer: boolean }[];
  /** Afterwards, one for each machine. */
  lanes: Lane[];
  /** Units of true time passed by then. */
  time: number;
  /** Length of what is acknowledged by then. */
  acked: number;
  broken: { invariant: string; why: string } | null;
}

/** Why a machine did what it did. */
export interface Explanation {
  /** What it decided, a sentence each. */
  sentences: string[];
  /** The rules without which it would have decided otherwise, found by asking the code again without each. */
  rules: { name: string; sentence: string; kind: string; otherwise: string }[];
}

export interface RuleView {
  name: string;
  sentence: string;
  source: string;
  /** Which machine of the core it belongs to. */
  machine: string;
  kind: "safety" | "liveness" | "contract" | "control";
  /** Invariants it protects. */
  protects: string[];
  /** The bundled model that breaks without it, the invariant that breaks and the fewest steps; null for controls. */
  kill: { model: Model; invariant: string; steps: number; beginning: string[] } | null;
}

export interface CatalogueEntry {
  name: string;
  about: string;
  suite: "tour" | "tests" | "long";
  /** Recorded number of states. */
  floor: number;
  /** The invariant that is expected to break, and in how many steps. */
  broken: { invariant: string; steps: number } | null;
  model: Model;
}

/** An answer to a cluster file: what `quorate plan` prints, and the same as data; or what is wrong with the file. */
export interface PlanView {
  /** To the character what `quorate plan FILE` prints. */
  text: string;
  /** What `--format json` prints. */
  plan: Record<string, unknown> | null;
  error: string | null;
}

/** How far a search has got. */
export interface SearchProgress {
  states: number;
  frontier: number;
  depth: number;
  transitions: number;
  /** Bytes of its tables. */
  bytes: number;
  /** Distinct states first found at each depth, as far as complete. */
  levels: number[];
  /** Whether it first looks for a violation with reductions that only find. */
  rash: boolean;
}

export type SearchOutcome =
  | { kind: "proved" }
  | { kind: "violated"; invariant: string; why: string; steps: number; choices: string[] }
  | { kind: "incomplete"; why: string };

/** A choice list for a link: indices only, with what is needed to notice that they no longer mean the same. */
export interface LinkRun {
  /** Version of the core it was recorded with. */
  version: string;
  model: Model;
  hash: string;
  choices: number[];
  /** Fingerprint of the last state. */
  end: string;
  note: string;
}
