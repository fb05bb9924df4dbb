/**
 * Scenarios: a run and cards that explain it, as data in `www/scenarios`. Their list is part of the page; the runs are
 * loaded when somebody wants one.
 */
import type { NodeIndex } from "../api/types";
import type { Panel } from "../state/room";
import type { Language } from "../state/text";
import list from "../../scenarios/index.json";

export type Words = Record<Language, string>;

export type Group = "elections" | "leases" | "commit" | "operations" | "play";
export const GROUPS: Group[] = ["elections", "leases", "commit", "operations", "play"];

export interface Entry {
  id: string;
  group: Group;
  title: Words;
  about: Words;
  /** Whether it ends with an invariant violated. */
  violated: boolean;
}

/** What a card points at. */
export type Look = { kind: "node"; node: NodeIndex } | { kind: "resource" } | { kind: "timeline" } | { kind: "panel"; panel: Panel };
/** What a card invites to do. */
export type Act = "crash" | "check" | "challenge" | "compare" | "designer";

export interface Card {
  /** The step of the run that it speaks of. */
  step: number;
  text: Words;
  look?: Look;
  act?: Act;
}

export interface Scenario {
  id: string;
  group: Group;
  title: Words;
  about: Words;
  /** A run file, as data. */
  run: unknown;
  cards: Card[];
}

export const SCENARIOS = list as Entry[];

const files = import.meta.glob<{ default: Scenario }>(["../../scenarios/*.json", "!../../scenarios/index.json"]);

export async function scenario(id: string): Promise<Scenario> {
  const file = files[`../../scenarios/${id}.json`];
  if (file === undefined) throw new Error(`There is no scenario named ${id}.`);
  return (await file()).default;
}
