/** What a cluster file promises. A module of its own: only the designer asks. */
import init, { plan as planJson, plan_model as planModelJson } from "../pkg/plan";
import type { Model, PlanView } from "./types";

let loading: Promise<unknown> | null = null;

/** Loads the module, once. */
export function loadPlan(source?: BufferSource): Promise<unknown> {
  loading ??= source === undefined ? init() : init({ module_or_path: source });
  return loading;
}

/** `file` is the name that the answer calls the file. */
export const plan = (file: string, toml: string): PlanView => JSON.parse(planJson(file, toml)) as PlanView;
/** The explorable model of a cluster file (`Cluster::model`). Throws, with the sentence of the error, for a file that is
 * refused or has too many nodes to explore. */
export const planModel = (file: string, toml: string): Model => JSON.parse(planModelJson(file, toml)) as Model;
