/** The worker of one search; see `api/search.ts`. */
import { breathe } from "./api/breathe";
import { reason } from "./api/reason";
import type { FromWorker, SearchRequest, ToWorker } from "./api/search";
import type { SearchOutcome, SearchProgress } from "./api/types";
import init, { Search } from "./pkg/check";

const SLICE = 25;
const TOLD_EVERY = 100;

let cancelled = false;

const tell = (message: FromWorker): void => postMessage(message);

async function run({ model, from, maxStates }: SearchRequest, module: BufferSource | undefined): Promise<void> {
  await init(module && { module_or_path: module });
  const search = Search.start(JSON.stringify(model), JSON.stringify(from), maxStates);
  const begun = performance.now();
  let budget = 256;
  let told = begun;
  const progress = (): SearchProgress => JSON.parse(search.progress()) as SearchProgress;
  for (;;) {
    const before = performance.now();
    const ended = search.advance(budget);
    const now = performance.now();
    if (ended || cancelled) {
      const interrupted: SearchOutcome = { kind: "incomplete", why: "interrupted" };
      const outcome = ended ? (JSON.parse(search.outcome()) as SearchOutcome) : interrupted;
      tell({ type: "done", outcome, progress: progress(), elapsed: now - begun });
      return;
    }
    budget = Math.max(16, Math.min(1 << 20, Math.round((budget * SLICE) / Math.max(1, now - before))));
    if (now - told >= TOLD_EVERY) {
      told = now;
      tell({ type: "progress", progress: progress(), elapsed: now - begun });
    }
    await breathe();
  }
}

onmessage = ({ data }: MessageEvent<ToWorker>) => {
  switch (data.type) {
    case "start":
      run(data.request, data.module).catch((error: unknown) => tell({ type: "failed", error: reason(error) }));
      break;
    case "cancel":
      cancelled = true;
      break;
  }
};
