/** The service worker answers from what it kept, without a network. */
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { text } from "./core";

const SCOPE = "https://example.org/docs/play/";

/** What the worker answers a request with; the cache has the page as `./` and one script. */
async function answer(path: string, mode: "navigate" | "no-cors"): Promise<string | null> {
  const kept = new Map([[SCOPE, "the page"], [`${SCOPE}assets/a.js`, "the script"]]);
  const bare = (address: string): string => address.replace(/[?#].*$/, "");
  const cache = {
    match: async (asked: string | { url: string }, { ignoreSearch }: { ignoreSearch: boolean }) => {
      const url = new URL(typeof asked === "string" ? asked : asked.url, SCOPE).href;
      return kept.get(ignoreSearch ? bare(url) : url);
    },
  };
  const handlers = new Map<string, (event: unknown) => void>();
  runInNewContext(text("www/src/shell/sw.js"), {
    URL,
    addEventListener: (name: string, handler: (event: unknown) => void) => handlers.set(name, handler),
    caches: { open: async () => cache },
    fetch: () => Promise.reject(new Error("there is no network")),
    registration: { scope: SCOPE },
  });
  let answered: Promise<string> | null = null;
  handlers.get("fetch")!({
    request: { method: "GET", mode, url: new URL(path, SCOPE).href },
    respondWith: (given: Promise<string>) => (answered = given),
  });
  return answered;
}

describe("without a network", () => {
  it("the page is there by both its names, whatever it is asked for", async () => {
    for (const path of ["./", "./index.html", "./?lang=bg", "./index.html?embed=1"]) {
      expect(await answer(path, "navigate"), path).toBe("the page");
    }
    expect(await answer("./assets/a.js", "no-cors")).toBe("the script");
  });

  it("nothing else is taken for the page", async () => {
    for (const path of ["./report.html", "./more/index.html", "./index.html/"]) {
      await expect(answer(path, "navigate"), path).rejects.toThrow("no network");
    }
    await expect(answer("./index.html", "no-cors")).rejects.toThrow("no network");
    expect(await answer("../index.html", "navigate"), "not ours").toBeNull();
  });
});
