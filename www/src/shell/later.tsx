import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";

/** A component that is fetched when it is first drawn. */
export function later(fetch: () => Promise<ComponentType>): ComponentType {
  let known: ComponentType | null = null;
  return function Later() {
    const [, draw] = useState(0);
    const [failed, fail] = useState<unknown>(null);
    useEffect(() => {
      if (known !== null) return;
      fetch().then((loaded) => {
        known = loaded;
        draw(1);
      }, fail);
    }, []);
    if (failed !== null) throw failed;
    const Known = known;
    return Known === null ? <p class="shell-wait" aria-busy="true">…</p> : <Known />;
  };
}
