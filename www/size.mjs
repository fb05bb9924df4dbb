/** Prints how large the parts of `dist` are, and fails beyond what is agreed, or beyond what there is where that is more:
 * what was promised and is missed must not be missed by more. `node size.mjs [FOLDER]` */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { gzipSync } from "node:zlib";

const folder = process.argv[2] ?? process.env.QUORATE_DIST ?? "dist";

/** The script of the page and all that it imports before it runs. */
function first() {
  const page = readFileSync(join(folder, "index.html"), "utf8");
  const found = new Set([/<script type="module"[^>]* src="\.\/([^"]+)"/.exec(page)[1]]);
  for (const name of found) {
    const source = readFileSync(join(folder, name), "utf8");
    for (const [, other] of source.matchAll(/(?:\bfrom|\bimport)\s*["']\.\/([^"']+\.js)["']/g)) found.add(`assets/${other}`);
  }
  return { test: (name) => found.has(name) };
}

/** What is counted together, how many bytes it may have when compressed, and how many were promised if that is less. */
const GATES = [
  ["script before it shows", first(), 80_000],
  ["script in all", /^assets\/(?!worker-|scenario-).*\.js$/, 160_000],
  ["scenarios", /^assets\/scenario-.*\.js$/, 80_000],
  ["worker", /^assets\/worker-.*\.js$/, 10_000],
  ["core: to play", /play_bg-.*\.wasm$/, 250_000],
  ["core: to check", /check_bg-.*\.wasm$/, 250_000],
  ["core: to design", /plan_bg-.*\.wasm$/, 250_000],
  ["style", /\.css$/, 30_000],
  ["element", /^embed\.js$/, 2_000],
  ["report, without core", /^report\.html$/, 185_000],
];

const files = readdirSync(folder, { withFileTypes: true, recursive: true })
  .filter((entry) => entry.isFile())
  .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
const sizes = new Map(files.map((name) => {
  const bytes = readFileSync(join(folder, name));
  return [name, { raw: bytes.length, gz: gzipSync(bytes, { level: 9 }).length }];
}));

const row = (name, raw, gz, rest) => console.log(name.padEnd(24), String(raw).padStart(9), String(gz).padStart(9), rest);
row("", "bytes", "gzip -9", "at most");
let failed = false;
for (const [name, pattern, most, promised = most] of GATES) {
  const own = files.filter((file) => pattern.test(file)).map((file) => sizes.get(file));
  const [raw, gz] = [own.reduce((sum, one) => sum + one.raw, 0), own.reduce((sum, one) => sum + one.gz, 0)];
  const wrong = own.length === 0 || gz > most;
  failed ||= wrong;
  const missed = gz > promised ? `  (${promised} were promised)` : "";
  row(name, raw, gz, `${most}${own.length === 0 ? "  MISSING" : wrong ? "  TOO LARGE" : missed}`);
}
const all = [...sizes.values()];
row("everything", all.reduce((sum, one) => sum + one.raw, 0), all.reduce((sum, one) => sum + one.gz, 0), "");
process.exitCode = failed ? 1 : 0;
