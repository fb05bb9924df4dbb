/**
 * What can be done with what is on the stage. Each action is one of the choices of the moment, or says in words why it
 * is not among them.
 */
import type { ChoiceKind, ChoiceView, LetterView, NodeIndex, NodeView, Scope, View } from "../api/types";
import { blocking, external, keepsLog, leased } from "../state/start";
import { about, announcement, choices, choose, find, view } from "../state/store";
import { inbox, move, notice, pace, rateOf, rates, ratesOffered, setRate, turn } from "./state";
import { text } from "./text";

export interface Action {
  id: string;
  label: string;
  /** Text of the core in the label. */
  english?: boolean;
  key?: string;
  /** Why it cannot be done; null if it can. */
  why: string | null;
  /** Begins another part of the menu. */
  apart?: boolean;
  /** Whether the menu stays open. */
  stays?: boolean;
  /** Whether this model never offers it, whatever happens; `why` says why. */
  never?: boolean;
  run: () => void;
}

export const nameOf = (node: NodeIndex): string => about.value?.nodes[node]?.name ?? `n${node}`;
export const namesOf = (nodes: NodeIndex[]): string => nodes.map(nameOf).join(" ");
/** The names of a side of a cut, or that it is the rest where it is large. */
export const sideName = (nodes: NodeIndex[]): string => (nodes.length > 3 ? text("rest") : namesOf(nodes));

/** Says something on the stage and to who listens. */
export function say(sentence: string): void {
  notice.value = sentence;
  announcement.value = sentence;
}

/** Does it, or says why not. */
export function perform(action: Action | undefined): void {
  if (action === undefined) return;
  if (action.why === null) action.run();
  else say(`${action.label}: ${action.why}.`);
}

/** A choice like this, or why there is none. */
function offer(id: string, label: string, like: (choice: ChoiceView) => boolean, why: () => string, key?: string): Action {
  const choice = find(like);
  const reason = (): string => {
    if (view.value?.broken != null) return text("whyOver");
    return choices.value.some(like) ? text("whyNothing") : why();
  };
  return {
    id, label, ...(key === undefined ? {} : { key }),
    why: choice === undefined ? reason() : null,
    run: () => choice !== undefined && choose(choice),
  };
}

/** The same, unless the model never offers it: then `never` says why. */
function offerUnless(never: string | null, ...[id, label, like, why, key]: Parameters<typeof offer>): Action {
  if (never === null) return offer(id, label, like, why, key);
  return { id, label, ...(key === undefined ? {} : { key }), why: never, never: true, run: () => undefined };
}

const scope = (): Scope => about.value?.model.scope ?? { epochs: 0 };

/** Why this model never offers what it has a bound for; null if it does. */
function never(name: keyof Scope): string | null {
  const model = about.value?.model;
  if (model === undefined) return text("whyNotNow");
  if (name === "reads") {
    if (external(model)) return text("whyEngineReads");
    if (!keepsLog(model) && !leased(model)) return text("whyNoLog");
  }
  if (name === "flush_failures" && blocking(model)) return text("whyBlocking");
  if (name === "doubts" && !leased(model)) return text("whyLeaseless");
  if (name === "compactions" && external(model)) return text("whyEngineLog");
  return Number(scope()[name] ?? 0) === 0 ? text("whyNone") : null;
}

/** What is left of a bound, under any spelling of its name. */
function left(name: keyof Scope): number | null {
  const plain = (one: string): string => one.toLowerCase().replace(/[^a-z]/g, "");
  return view.value?.budgets.find((budget) => plain(budget.name) === plain(name))?.left ?? null;
}

/** Why a bound stops it, if it does. */
function bounded(name: keyof Scope): string | null {
  const all = Number(scope()[name] ?? 0);
  if (all === 0) return text("whyNone");
  return left(name) === 0 ? text("whySpent", { n: all }) : null;
}

/** Why nothing happens at a machine, if nothing does. */
function still(node: NodeView): string | null {
  const who = { node: nameOf(node.index) };
  if (node.paused) return text("whyPaused", who);
  if (node.role === "down") return text("whyDown", who);
  return node.role === "halted" ? text("whyHalted", who) : null;
}

/** A choice that happens to this machine. Those of pausing have the machine in their name only. */
const at = (kind: ChoiceKind, node: NodeIndex) => (choice: ChoiceView): boolean =>
  choice.kind === kind && (choice.node === node || (choice.node === null && choice.name.startsWith(`n${node} `)));

const torn = (choice: ChoiceView): "whole" | "epoch" | "vote" => {
  if (choice.name.endsWith("one torn")) return "epoch";
  return choice.name.endsWith("of one the vote") ? "vote" : "whole";
};

export function crashes(node: NodeView): Action[] {
  const why = (): string => (node.role === "down" ? text("whyDown", { node: nameOf(node.index) }) : still(node) ?? bounded("crashes") ?? text("whyNotNow"));
  const plain = offer("crash", text("crash"), (one) => at("crash", node.index)(one) && !one.kept && torn(one) === "whole", why, "c");
  const kept = choices.value.filter((one) => one.effective && at("crash", node.index)(one) && (Boolean(one.kept) || torn(one) !== "whole"));
  return [plain, ...kept.map((choice): Action => {
    const how = torn(choice);
    const key = how === "whole" ? "crashKeeps" : how === "epoch" ? "crashTorn" : "crashVote";
    return {
      id: choice.name, label: text(key, { n: choice.kept ?? 0, all: node.inFlight }), why: null, run: () => choose(choice),
    };
  })];
}

export function restart(node: NodeView): Action {
  return offer("restart", text("restart"), at("restart", node.index), () =>
    (node.paused ? text("whyPaused", { node: nameOf(node.index) }) : text("whyRunning", { node: nameOf(node.index) })), "r");
}

export function pauseOrResume(node: NodeView): Action {
  const who = { node: nameOf(node.index) };
  if (node.paused) return offer("resume", text("resume"), at("resume", node.index), () => text("whyNotNow"), "p");
  return offer("pause", text("pause"), at("pause", node.index), () =>
    (node.role === "down" ? text("whyDown", who) : bounded("pauses") ?? text("whyNotNow")), "p");
}

export function timer(node: NodeView): Action {
  const label = node.role === "primary" ? text("nodeBeat") : node.role === "follower" ? text("nodeTimer") : text("nodeRetry");
  return offer("timer", label, at("tick", node.index), () => {
    if (node.role === "primary" && !scope().beats) return text("whyPrimaryTimer");
    return still(node) ?? text("whyTimer", { node: nameOf(node.index) });
  }, "f");
}

export function write(node: NodeView): Action {
  const who = { node: nameOf(node.index) };
  return offerUnless(never("writes"), "write", text("write"), at("write", node.index), () => {
    const reason = still(node) ?? bounded("writes");
    if (reason !== null) return reason;
    if (node.engine !== null) return text("whyEngineClosed");
    return node.role === "primary" && node.phase === "serving" ? text("whyNoLease", who) : text("whyNotServing");
  }, "w");
}

function readReason(node: NodeView, own: string): string {
  if ((view.value?.client.reads.length ?? 0) > 0) return text("whyReading");
  return still(node) ?? bounded("reads") ?? own;
}

export function reads(node: NodeView): Action[] {
  const who = { node: nameOf(node.index) };
  const none = never("reads");
  if (none !== null) return [{ id: "read", label: text("read"), why: none, never: true, run: () => undefined }];
  const model = about.value?.model;
  const leaseless = model === undefined || leased(model) ? null : text("whyLeaseless");
  const logless = model === undefined || keepsLog(model) ? null : text("whyNoLog");
  const list = [
    offerUnless(leaseless, "lease-read", text("leaseRead"), at("read-by-lease", node.index), () => readReason(node, text("whyNoLease", who)), "l"),
    offer("quorum-read", text("quorumRead"), at("read-by-quorum", node.index), () => readReason(node, text("whyOnlyPrimary")), "q"),
    offerUnless(logless, "token-read", text("tokenRead"), at("read-by-token", node.index), () => readReason(node, text("whyNoToken"))),
  ];
  const confirm = offer("confirm-read", text("confirmRead"), at("confirm-read", node.index), () => text("whyNotNow"));
  return confirm.why === null ? [confirm, ...list] : list;
}

/** Delivers the message that is to arrive next. */
export function deliverNext(node: NodeView): Action {
  const list = inbox(node.index);
  const next = list.find((letter) => find((one) => one.kind === "deliver" && one.letter === letter.id) !== undefined) ?? list[0];
  if (next === undefined) return { id: "next", label: text("nextNone"), key: "d", why: text("none").toLowerCase().replace(/\.$/, ""), run: () => undefined };
  return { ...deliver(next), id: "next", label: text("next", { kind: next.kind, from: nameOf(next.from) }) };
}

export function flush(node: NodeView): Action {
  return offer("flush", text("flush"), at("flush", node.index), () => still(node) ?? text("whyNoRecord"), "i");
}

/** Effects that can be done now, by name of what is done. */
export function effects(node: NodeView): Action[] {
  const mine = choices.value.filter((one) => one.effective && (at("done", node.index)(one) || at("report", node.index)(one)));
  return mine.map((choice, i): Action => ({
    id: choice.name, label: choice.kind === "report" ? text("report") : choice.name.replace(/^n\d+ /, ""),
    english: choice.kind !== "report", ...(i === 0 ? { key: "y" } : {}), why: null, run: () => choose(choice),
  }));
}

function switchovers(node: NodeView): Action[] {
  const heirs = choices.value.filter((one) => one.effective && at("switchover", node.index)(one));
  if (heirs.length === 0) {
    return [offerUnless(never("switchovers"), "switchover", text("switchover", { node: "…" }), at("switchover", node.index), () =>
      still(node) ?? bounded("switchovers") ?? text("whyOnlyPrimary"), "h")];
  }
  return heirs.map((choice, i) => ({
    id: choice.name, label: text("switchover", { node: nameOf(choice.other ?? 0) }), ...(i === 0 ? { key: "h" } : {}),
    why: null, run: () => choose(choice),
  }));
}

function powerOffs(node: NodeView): Action[] {
  const off = choices.value.filter((one) => one.effective && one.node === node.index && one.kind === "power-off");
  if (off.length === 0) {
    return [offerUnless(never("poweroffs"), "power-off", text("powerOff", { node: "…" }), () => false, () =>
      still(node) ?? bounded("poweroffs") ?? text(node.role === "primary" ? "whyNotPrimary" : "whyNobodyDown"))];
  }
  return off.map((choice) => ({
    id: choice.name, label: text("powerOff", { node: nameOf(choice.other ?? 0) }), why: null, run: () => choose(choice),
  }));
}

/** What operators and broken hardware do. */
function seldom(node: NodeView): Action[] {
  const who = { node: nameOf(node.index) };
  const changes = about.value?.model.changes?.length ?? 0;
  return [
    offerUnless(never("flush_failures"), "fail-flush", text("failFlush"), at("fail-flush", node.index), () =>
      still(node) ?? bounded("flush_failures") ?? text("whyNoRecord")),
    ...switchovers(node),
    offerUnless(never("doubts"), "doubt", text("doubt"), at("doubt", node.index), () =>
      still(node) ?? bounded("doubts") ?? text("whyNoLease", who)),
    offerUnless(never("compactions"), "compact", text("compact"), at("compact", node.index), () =>
      still(node) ?? bounded("compactions") ?? text("whyNothingCommitted")),
    offerUnless(never("losses"), "accept-loss", text("acceptLoss"), at("accept-loss", node.index), () =>
      still(node) ?? bounded("losses") ?? text("whyNotPrimary")),
    ...powerOffs(node),
    offerUnless(changes === 0 ? text("whyNoChanges") : null, "change", text("change"), at("change", node.index), () =>
      still(node) ?? (node.serving ? text("whySpent", { n: changes }) : text("whyOnlyPrimary"))),
  ];
}

/** Sets the rate of a clock, and says what will come of it: nothing moves until time passes. */
function skew(node: NodeIndex, rate: Parameters<typeof setRate>[1]): void {
  setRate(node, rate);
  say(text("rateSet", { node: nameOf(node), n: rateOf(node) }));
}

/** The rates of its clock; or why it has but one. */
function clock(node: NodeView): Action[] {
  const known = pace.value;
  const none = (id: string, label: string, why: string): Action => ({ id, label, why, never: true, run: () => undefined });
  if (known === null) return [none("suspend", text("suspend"), text("whyUntimed")), none("skew", text("skew"), text("whyUntimed"))];
  const offered = ratesOffered();
  const list = offered.filter((rate) => rate !== (rates.value.get(node.index) ?? "slow")).map((rate): Action => {
    const label = rate === "stopped" ? text("suspended") : text(rate === "slow" ? "slower" : "faster", { n: known[rate] });
    return { id: `rate-${rate}`, label, why: rate === "stopped" ? bounded("suspends") : null, run: () => skew(node.index, rate) };
  });
  if (!known.stops) list.push(none("suspend", text("suspend"), text("whyNone")));
  if (known.slow === known.fast) list.push(none("skew", text("skew"), text("whyClock")));
  return list;
}

function apart(list: Action[]): Action[] {
  const [first, ...rest] = list;
  return first === undefined ? [] : [{ ...first, apart: true }, ...rest];
}

/** What is impossible for the same reason, in one. */
function merged(list: Action[]): Action[] {
  const groups = new Map<string, Action>();
  for (const one of list) {
    const why = one.why ?? "";
    const first = groups.get(why);
    groups.set(why, first === undefined ? one : { ...first, id: `${first.id} ${one.id}`, label: `${first.label} · ${one.label}` });
  }
  return [...groups.values()];
}

/** The menu of a machine: what this model never offers comes last. */
export function nodeActions(node: NodeView): Action[] {
  const down = node.role === "down";
  const power = down ? [restart(node)] : [...crashes(node), pauseOrResume(node)];
  const next = inbox(node.index).length > 0 && !down ? [deliverNext(node)] : [];
  const disk = node.inFlight > 0 ? [flush(node)] : [];
  const alive = down ? [] : [timer(node), write(node), ...reads(node)];
  const [rare, clocks] = [seldom(node), clock(node)];
  const own = (list: Action[]): Action[] => list.filter(({ never: not }) => !not);
  const others = merged([...alive, ...clocks, ...rare].filter(({ never: not }) => not));
  return [...effects(node), ...next, ...disk, ...apart(power), ...apart(own(alive)), ...apart(own(rare)), ...apart(own(clocks)), ...apart(others)];
}

function heldReason(letter: LetterView, shown: View): string {
  const to = shown.nodes[letter.to];
  const who = { node: nameOf(letter.to) };
  if (to?.role === "down") return text("whyDownTo", who);
  if (to?.paused) return text("whyPausedTo", who);
  const cut = shown.cut;
  if (cut !== null) {
    const [out, back] = [cut.side.includes(letter.from), cut.side.includes(letter.to)];
    if (out !== back && (out || cut.both)) return text("whyCut");
  }
  return text("whyNotNow");
}

const regarding = (kind: ChoiceKind, letter: LetterView) => (one: ChoiceView): boolean =>
  one.kind === kind && one.letter === letter.id;

export function deliver(letter: LetterView): Action {
  return offer("deliver", text("deliver"), regarding("deliver", letter), () =>
    (view.value === null ? "" : heldReason(letter, view.value)), "d");
}

function paused(letter: LetterView): string | null {
  return view.value?.nodes[letter.to]?.paused ? text("whyPausedTo", { node: nameOf(letter.to) }) : null;
}

export function drop(letter: LetterView): Action {
  const any = about.value?.network === "any";
  return offer("drop", text("drop"), regarding("drop", letter), () =>
    (any ? text("whyAnyDrop") : bounded("drops") ?? paused(letter) ?? text("whyNotNow")), "Delete");
}

export function duplicate(letter: LetterView): Action {
  const any = about.value?.network === "any";
  return offer("duplicate", text("duplicate"), regarding("duplicate", letter), () =>
    (any ? text("whyAnyDuplicate") : bounded("duplicates") ?? paused(letter) ?? text("whyNotNow")), "u");
}

export function hold(letter: LetterView): Action {
  const values = { kind: letter.kind, from: nameOf(letter.from), to: nameOf(letter.to) };
  return { id: "hold", label: text("hold"), key: "j", why: null, run: () => say(text("holdSays", values)) };
}

export function sooner(letter: LetterView): Action {
  const first = inbox(letter.to)[0]?.id === letter.id;
  return {
    id: "earlier", label: text("earlier"), key: "Alt+ArrowUp", why: first ? text("whyFirst") : null, stays: true,
    run: () => void move(letter.id, -1),
  };
}

export function later(letter: LetterView): Action {
  const last = inbox(letter.to).at(-1)?.id === letter.id;
  return {
    id: "later", label: text("later"), key: "Alt+ArrowDown", why: last ? text("whyLast") : null, stays: true,
    run: () => void move(letter.id, 1),
  };
}

/** The menu of a message. */
export function letterActions(letter: LetterView): Action[] {
  return [deliver(letter), drop(letter), duplicate(letter), hold(letter), { ...sooner(letter), apart: true }, later(letter)];
}

/** A write that is on its way to the resource arrives. */
export function landings(shown: View): Action[] {
  return shown.landings.map(({ from, epoch, op, admitted }) => offer(
    `land-${from}-${epoch.text}-${op}`,
    text("land", { op, node: nameOf(from), verdict: text(admitted ? "applied" : "refused") }),
    (one) => one.kind === "land" && one.name.startsWith(`write w${op} of n${from} ${epoch.text} `),
    () => text("whyNotNow"),
  ));
}

/** The menu of the resource. */
export function resourceActions(shown: View): Action[] {
  const list = landings(shown);
  if (list.length > 0) return list;
  return [{ id: "none", label: text("noLandings"), why: "", run: () => undefined }];
}

/** The menu of the clients: at which machine what can be done. */
export function clientActions(shown: View): Action[] {
  const words: [ChoiceKind, Parameters<typeof text>[0]][] = [
    ["write", "writeAt"], ["confirm-read", "confirmAt"], ["read-by-lease", "leaseReadAt"],
    ["read-by-quorum", "quorumReadAt"], ["read-by-token", "tokenReadAt"],
  ];
  const list = words.flatMap(([kind, label]) => choices.value
    .filter((one) => one.kind === kind && one.effective)
    .map((choice): Action => ({
      id: choice.name, label: text(label, { node: nameOf(choice.node ?? 0) }), why: null, run: () => choose(choice),
    })));
  // What nobody can do now is there as well, with the reason of whoever is nearest to it.
  const nearest = shown.nodes.find(({ role }) => role === "primary");
  const none = (id: string, label: string, name: "writes" | "reads", key?: string): Action => {
    const why = shown.broken !== null ? text("whyOver") : never(name) ?? bounded(name)
      ?? (name === "reads" && shown.client.reads.length > 0 ? text("whyReading") : null)
      ?? (nearest === undefined ? text("whyNoServer") : write(nearest).why ?? text("whyNotNow"));
    return { id, label, ...(key === undefined ? {} : { key }), why, run: () => undefined };
  };
  const can = (like: (id: string) => boolean): boolean => list.some(({ id }) => like(id));
  const writes = can((id) => id.startsWith("write ")) ? [] : [none("none", text("write"), "writes", "w")];
  const reading = can((id) => !id.startsWith("write ")) ? [] : [none("no-read", text("read"), "reads")];
  return [...list, ...writes, ...reading];
}

/** Cuts these machines off from the others. */
export function cut(side: NodeIndex[], both: boolean): Action {
  const count = about.value?.nodes.length ?? 0;
  const rest = Array.from({ length: count }, (_, i) => i).filter((i) => !side.includes(i));
  const same = (one: NodeIndex[] | null, other: NodeIndex[]): boolean =>
    one !== null && one.length === other.length && other.every((node) => one.includes(node));
  const values = { side: sideName(side), rest: sideName(rest) };
  return offer("cut", text(both ? "cutPreview" : "cutPreviewOneWay", values), (one) =>
    one.kind === "partition" && one.both === both && (same(one.side, side) || (both && same(one.side, rest))), () => cutReason() ?? text("whyNotCuttable"));
}

/** Why the network cannot be cut at all; null if it can. */
export function cutReason(): string | null {
  const shown = view.value;
  if (shown === null) return text("whyNotNow");
  if (shown.broken !== null) return text("whyOver");
  if (shown.cut !== null) return text("whyCutAlready");
  const reason = bounded("partitions");
  return reason === text("whyNone") ? text("whyNoPartitions") : reason;
}

export function heal(): Action {
  return offer("heal", text("heal"), (one) => one.kind === "heal", () => text("whyWhole"), "x");
}

/** Lets time pass, on each clock as near to its rate as the model offers. */
export function passTime(): Action {
  const wanted = (about.value?.nodes ?? []).map(({ index }) => {
    const rate = rates.value.get(index) ?? "slow";
    return rate === "stopped" ? 0 : pace.value?.[rate] ?? 0;
  });
  const distance = (ticks: number[]): number => ticks.reduce((sum, tick, i) => sum + Math.abs(tick - (wanted[i] ?? 0)), 0);
  const all = choices.value.filter((one) => one.kind === "pass" && one.ticks !== null);
  const ways = all.filter(({ effective }) => effective);
  const best = ways.reduce<ChoiceView | null>((so, one) =>
    (so === null || distance(one.ticks!) < distance(so.ticks!) ? one : so), null);
  const over = view.value?.broken != null ? text("whyOver") : null;
  const none = all.length > 0 ? text("whyNothing") : text("whyNotNow");
  const why = about.value?.timed ? over ?? (best === null ? none : null) : text("whyUntimed");
  return {
    id: "time", label: text("timePasses"), key: ".", why,
    run: () => {
      if (best === null) return;
      choose(best);
      if (distance(best.ticks!) > 0) {
        const ticks = best.ticks!.map((tick, i) => `${nameOf(i)} +${tick}`).join(", ");
        notice.value = text("passTaken", { ticks });
      }
    },
  };
}

/** A clock becomes faster or slower. */
export function turnClock(node: NodeIndex, by: -1 | 1): void {
  if (ratesOffered().length < 2) say(text(pace.value === null ? "whyUntimed" : "whyClock"));
  else turn(node, by);
}
