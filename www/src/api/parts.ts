/**
 * Where the modules of the core and the worker come from: from files beside the page. A report, which is one file, has
 * them inside; there `share/parts.report.ts` stands in place of this.
 */

/** A module of the core: for sessions, for searches, for the designer. Each is loaded when it is needed. */
export type Part = "play" | "check" | "plan";

/** The bytes of a module, if they need not be fetched. */
export const bytesOf: (part: Part) => Uint8Array<ArrayBuffer> | undefined = () => undefined;

export const startWorker = (): Worker => new Worker(new URL("../worker.ts", import.meta.url), { type: "module" });
