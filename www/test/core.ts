/** The core as Node loads it, for the tests. */
import { readFileSync } from "node:fs";
import { load } from "../src/api/core";
import { loadPlan } from "../src/api/plan";
import initCheck from "../src/pkg/check";

export const root = new URL("../../", import.meta.url);
export const text = (path: string): string => readFileSync(new URL(path, root), "utf8");

const module = (part: string): Uint8Array<ArrayBuffer> => readFileSync(new URL(`www/src/pkg/${part}_bg.wasm`, root));

export async function ready(): Promise<void> {
  await Promise.all([load(module("play")), initCheck({ module_or_path: module("check") }), loadPlan(module("plan"))]);
}
