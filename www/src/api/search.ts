/**
 * A search in a worker: started, watched, cancelled.
 *
 * One worker a search, so that its memory is given back when it ends. It works in slices of about 25 ms and answers a
 * cancel after the slice at hand with what it has; whoever cannot wait that long ends the worker.
 */
import { bytesOf, startWorker } from "./parts";
import type { Model, SearchOutcome, SearchProgress } from "./types";

export interface SearchRequest {
  model: Model;
  /** Choices by name that lead to where the search begins; none: from the beginning. */
  from: string[];
  /** The search gives up beyond so many states. */
  maxStates: number;
}

/** From the page to the worker. */
export type ToWorker = { type: "start"; request: SearchRequest; module: BufferSource | undefined } | { type: "cancel" };

/** From the worker to the page. Times are in milliseconds of the worker's own work. */
export type FromWorker =
  | { type: "progress"; progress: SearchProgress; elapsed: number }
  | { type: "done"; progress: SearchProgress; outcome: SearchOutcome; elapsed: number }
  | { type: "failed"; error: string };

export interface SearchListener {
  progress(progress: SearchProgress, elapsed: number): void;
  done(outcome: SearchOutcome, progress: SearchProgress, elapsed: number): void;
  failed(error: string): void;
}

export interface RunningSearch {
  /** Stops after the slice at hand; the listener is told. */
  cancel(): void;
}

/** How long a cancelled worker may take to answer before it is ended. */
const PATIENCE = 60;

export function search(request: SearchRequest, listener: SearchListener): RunningSearch {
  const worker = startWorker();
  let last: SearchProgress = { states: 0, frontier: 0, depth: 0, transitions: 0, bytes: 0, levels: [], rash: false };
  let elapsed = 0;
  let over = false;
  const end = (tell: () => void): void => {
    if (over) return;
    over = true;
    worker.terminate();
    tell();
  };
  worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
    switch (data.type) {
      case "progress":
        ({ progress: last, elapsed } = data);
        if (!over) listener.progress(last, elapsed);
        break;
      case "done":
        end(() => listener.done(data.outcome, data.progress, data.elapsed));
        break;
      case "failed":
        end(() => listener.failed(data.error));
        break;
    }
  };
  worker.onerror = (event) => end(() => listener.failed(event.message || "The search could not be started."));
  worker.postMessage({ type: "start", request, module: bytesOf("check") } satisfies ToWorker);
  return {
    cancel() {
      worker.postMessage({ type: "cancel" } satisfies ToWorker);
      const interrupted: SearchOutcome = { kind: "incomplete", why: "interrupted" };
      setTimeout(() => end(() => listener.done(interrupted, last, elapsed)), PATIENCE);
    },
  };
}
