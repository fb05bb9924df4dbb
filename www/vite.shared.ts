/** What both builds have in common: the page of many files, and the report of one. */
import { fileURLToPath } from "node:url";
import type { UserConfig } from "vite";

/** `www/dist`, or where `QUORATE_DIST` says. */
export const OUT = process.env["QUORATE_DIST"] ?? fileURLToPath(new URL("dist", import.meta.url));

/** The paths are relative, so that the same files work from any folder of any server. */
export const shared = {
  base: "./",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
} satisfies UserConfig;
