/** Lets the page work without a network, and says when a new version is there. */
import { update } from "./Notices";

export function keepOffline(): void {
  if (!import.meta.env.PROD || !("serviceWorker" in navigator) || !location.protocol.startsWith("http")) return;
  const container = navigator.serviceWorker;
  const offer = (waiting: ServiceWorker): void => {
    update.value = () => {
      container.addEventListener("controllerchange", () => location.reload(), { once: true });
      waiting.postMessage("change");
    };
  };
  const watch = (found: ServiceWorkerRegistration): void => {
    if (found.waiting !== null && container.controller !== null) offer(found.waiting);
    found.addEventListener("updatefound", () => {
      const next = found.installing;
      next?.addEventListener("statechange", () => {
        if (next.state === "installed" && container.controller !== null) offer(next);
      });
    });
  };
  // Without a service worker the page works as well, only not offline.
  container.register(new URL("sw.js", document.baseURI)).then(
    (found: ServiceWorkerRegistration | undefined) => found !== undefined && watch(found),
    () => undefined,
  );
}
