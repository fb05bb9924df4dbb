/**
 * Where the core and the worker come from: from files beside the page. A report, which is one file, has them inside;
 * there `share/parts.report.ts` stands in place of this.
 */

/** The bytes of the core, if they need not be fetched. */
export const coreBytes = (): Uint8Array<ArrayBuffer> | undefined => undefined;

export const startWorker = (): Worker => new Worker(new URL("../worker.ts", import.meta.url), { type: "module" });
