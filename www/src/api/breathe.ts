/** Lets a page draw and hear, and a worker be told, between two slices of work: a timer would be held back, for
 * milliseconds, or for a second in a page that is hidden. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
