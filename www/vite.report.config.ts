/** Builds `report.html`: the page in one file, with empty places for the modules of the core and for a run. See `src/share/report.ts`. */
import { resolve } from "node:path";
import { defineConfig, type Plugin } from "vite";
import { OUT, shared } from "./vite.shared.ts";

/** A page from disk loads nothing: the core comes from an element, so no address of it may stay in the script. */
function nothingBeside(): Plugin {
  return {
    name: "nothing-beside",
    enforce: "pre",
    resolveId(id, importer) {
      if (/(^|\/)parts$/.test(id) && /\/src\/(api|shell|share)\//.test(importer ?? "")) return resolve("src/share/parts.report.ts");
      if (id.endsWith("_bg.wasm?url")) return "\0nowhere";
      return null;
    },
    load: (id) => (id === "\0nowhere" ? 'export default ""' : null),
    transform: (code, id) =>
      /\/pkg\/\w+\.js(\?|$)/.test(id) ? code.replace(/new URL\(['"]\w+_bg\.wasm['"], import\.meta\.url\)/, "undefined") : null,
  };
}

const PLACES = `<script type="application/octet-stream" id="quorate-play"></script>
    <script type="application/octet-stream" id="quorate-check"></script>
    <script type="application/octet-stream" id="quorate-plan"></script>
    <script type="application/json" id="quorate-run">null</script>`;

/** Puts script and style into the page. The parser of HTML ends a script at its closing tag, wherever that stands. */
function oneFile(): Plugin {
  return {
    name: "one-file",
    enforce: "post",
    generateBundle(_, bundle) {
      const parts = Object.values(bundle);
      const page = parts.find((part) => part.fileName.endsWith(".html"));
      if (page?.type !== "asset") throw new Error("there is no page");
      const styles = parts.flatMap((part) => (part.type === "asset" && part.fileName.endsWith(".css") ? [String(part.source)] : []));
      const chunks = parts.flatMap((part) => (part.type === "chunk" ? [part.code] : []));
      if (chunks.length !== 1) throw new Error(`one script was expected, not ${chunks.length}`);
      // With one script there is nothing to load ahead; Vite leaves its marks for that.
      const script = chunks[0]!.replace(/__VITE_PRELOAD__\w*/g, "void 0").replaceAll("</script", "<\\/script").replaceAll("<!--", "<\\!--");
      const html = String(page.source)
        .replace(/\s*<script type="module"[^>]*><\/script>/, "")
        .replace(/\s*<link rel="(stylesheet|manifest|icon|apple-touch-icon)"[^>]*>/g, "")
        .replace("</head>", () => `  <style>${styles.join("\n")}</style>\n  </head>`)
        .replace("</body>", () => `  ${PLACES}\n    <script type="module">${script}</script>\n  </body>`);
      for (const part of parts) delete bundle[part.fileName];
      this.emitFile({ type: "asset", fileName: "report.html", source: html });
    },
  };
}

export default defineConfig({
  ...shared,
  define: { "import.meta.env.REPORT": "true" },
  plugins: [nothingBeside(), oneFile()],
  publicDir: false,
  build: {
    target: "es2022",
    outDir: OUT,
    emptyOutDir: false,
    assetsInlineLimit: () => true,
    cssCodeSplit: false,
    modulePreload: false,
    rolldownOptions: { input: "index.html", output: { codeSplitting: false } },
  },
  worker: { format: "iife", plugins: () => [nothingBeside()] },
});
