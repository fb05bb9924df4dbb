import type { ComponentChild, ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";

type Fetch = () => Promise<ComponentType>;

/** What has not been fetched yet. */
const waiting = new Set<Fetch>();

const wait = (): ComponentChild => <p class="shell-wait" aria-busy="true">…</p>;

/** A component that is fetched when it is first drawn, or when the page has nothing else to do. */
export function later(fetch: Fetch, meanwhile: () => ComponentChild = wait): ComponentType {
  let known: ComponentType | null = null;
  const get = async (): Promise<ComponentType> => {
    known ??= await fetch();
    waiting.delete(get);
    return known;
  };
  waiting.add(get);
  return function Later() {
    const [, draw] = useState(0);
    const [failed, fail] = useState<unknown>(null);
    const Known = known;
    useEffect(() => {
      if (Known === null) get().then(() => draw(1), fail);
    }, []);
    if (failed !== null) throw failed;
    return Known === null ? meanwhile() : <Known />;
  };
}

/** Fetches one after another whatever waits: its commands are then known, and it is there without a network. */
export async function fetchAll(): Promise<void> {
  for (const get of waiting) await get().catch(() => undefined);
}
