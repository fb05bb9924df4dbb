import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { build, defineConfig, type Plugin } from "vite";
import { OUT, shared } from "./vite.shared.ts";

function files(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll("\\", "/"))
    .sort();
}

/** After the page: the report, and the service worker, which lists what there is and is named by its content. */
function afterwards(): Plugin {
  return {
    name: "afterwards",
    apply: "build",
    closeBundle: {
      order: "post",
      sequential: true,
      async handler() {
        await build({ configFile: "vite.report.config.ts", logLevel: "warn" });
        const source = readFileSync("src/shell/sw.js", "utf8");
        const kept = files(OUT).filter((name) => name !== "sw.js");
        const hash = createHash("sha256").update(source);
        for (const name of kept) hash.update(name).update(readFileSync(join(OUT, name)));
        const list = JSON.stringify(["./", ...kept.filter((name) => name !== "index.html")]);
        const worker = source.replace('"VERSION"', JSON.stringify(hash.digest("hex").slice(0, 16))).replace('["FILES"]', list);
        writeFileSync(join(OUT, "sw.js"), worker);
      },
    },
  };
}

/** Lets the browser fetch the module of sessions while it still reads the script. */
function coreAhead(): Plugin {
  return {
    name: "core-ahead",
    apply: "build",
    transformIndexHtml: {
      order: "post",
      handler(_, { bundle }) {
        const play = Object.keys(bundle ?? {}).find((name) => /\/play_bg-[^/]*\.wasm$/.test(name));
        if (play === undefined) throw new Error("the module of sessions is not among what was built");
        const attrs = { rel: "preload", href: `./${play}`, as: "fetch", type: "application/wasm", crossorigin: true };
        return [{ tag: "link", attrs, injectTo: "head" }];
      },
    },
  };
}

export default defineConfig({
  ...shared,
  // The designer begins with the bundled cluster files.
  server: { fs: { allow: [".."] } },
  plugins: [coreAhead(), afterwards()],
  build: {
    target: "es2022",
    outDir: OUT,
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { index: "index.html", embed: "src/shell/embed.ts" },
      // Other pages load the element by this name.
      output: {
        entryFileNames: ({ name }) => (name === "embed" ? "embed.js" : "assets/[name]-[hash].js"),
        chunkFileNames: ({ facadeModuleId }) =>
          facadeModuleId?.includes("/scenarios/") === true ? "assets/scenario-[name]-[hash].js" : "assets/[name]-[hash].js",
      },
    },
  },
  worker: { format: "es" },
});
