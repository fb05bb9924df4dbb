/** The core as Node loads it, for the tests. */
import { readFileSync } from "node:fs";
import { load } from "../src/api/core";

export const root = new URL("../../", import.meta.url);
export const text = (path: string): string => readFileSync(new URL(path, root), "utf8");

export async function ready(): Promise<void> {
  await load(readFileSync(new URL("www/src/pkg/quorate_bg.wasm", root)));
}
