/** A run as one SVG file that needs nothing: every style is in it, in the colours of the light theme. */
import type { Mode, Stub, Track } from "./layout";
import { type Frame, type Shape, paint, places, widthOfRun } from "./paint";

const INK = "#1b1d20";
const SOFT = "#55595f";
const BAD = "#b3261e";
const GOOD = "#00694a";
const STRONG = "#8b9097";
const LINE = "#d8dadd";
const EPOCHS = ["#0072b2", "#d55e00", "#cc79a7", "#009e73", "#e69f00", "#000000"];
const ON_EPOCHS = ["#fff", "#000", "#000", "#000", "#000", "#fff"];
const HALO = "stroke:#fff;stroke-width:3;paint-order:stroke;stroke-linejoin:round";

/** Of each class; `@` is the colour of the epoch, `^` that of text on it. */
const STYLES: Record<string, string> = {
  "diagram-rule": `stroke:${LINE};fill:none`,
  "diagram-unit": `stroke:${LINE};fill:none;stroke-dasharray:2 3`,
  "diagram-tick": `font-size:10.5px;fill:${SOFT};text-anchor:middle`,
  "diagram-band": "fill:@;fill-opacity:.13",
  "diagram-edge": "fill:@",
  "diagram-tag": "fill:@",
  "diagram-tag-text": "font-size:9px;font-weight:600;fill:^",
  "diagram-follower": `stroke:${STRONG};stroke-width:1.25;fill:none`,
  "diagram-candidate": `stroke:${INK};stroke-width:2;stroke-dasharray:6 4;fill:none`,
  "diagram-primary": `fill:#fff;stroke:${INK};stroke-width:1.25`,
  "diagram-serving": `fill:@;stroke:${INK};stroke-width:1.25`,
  "diagram-down": `fill:url(#hatch);stroke:${STRONG};stroke-dasharray:3 3`,
  "diagram-paused": `fill:url(#dots);stroke:${STRONG}`,
  "diagram-halted": `fill:url(#dots);stroke:${STRONG}`,
  "diagram-resource": `stroke:${SOFT};fill:none`,
  "diagram-lease": `fill:${GOOD};fill-opacity:.5`,
  "diagram-lease-base": `stroke:${GOOD};stroke-width:1.25;fill:none`,
  "diagram-arrow": `stroke:${SOFT};stroke-width:1.1;fill:none`,
  "diagram-arrow diagram-fine": "stroke-width:.7;opacity:.45",
  "diagram-arrow diagram-answer": "stroke-dasharray:5 2.5",
  "diagram-arrow diagram-lost": `stroke:${BAD};stroke-dasharray:2 2.5`,
  "diagram-arrow diagram-stub": "stroke-dasharray:1 3;stroke-linecap:round;stroke-width:1.5",
  "diagram-head": `fill:${SOFT};stroke:${SOFT};stroke-linejoin:round`,
  "diagram-head diagram-answer": "fill:#fff",
  "diagram-mark": "stroke-linejoin:round;stroke-linecap:round",
  "diagram-mark diagram-solid": `fill:${INK};stroke:#fff;stroke-width:1.5;paint-order:stroke`,
  "diagram-mark diagram-hollow": `fill:#fff;stroke:${INK};stroke-width:1.4`,
  "diagram-mark diagram-bad": `fill:none;stroke:${BAD};stroke-width:2`,
  "diagram-stroke": `stroke:${INK};fill:none`,
  "diagram-flag": `stroke:${GOOD};stroke-width:1.25;fill:${GOOD};stroke-linejoin:round`,
  "diagram-flag-text": `font-weight:600;fill:${GOOD};${HALO}`,
  "diagram-label": `fill:${INK};${HALO}`,
  "diagram-fault": `fill:url(#hatch);fill-opacity:.35;stroke:${BAD}`,
  "diagram-fault diagram-fault-pause": "fill:url(#dots)",
  "diagram-fault diagram-fault-partition": "stroke-dasharray:5 2",
  "diagram-fault-text": `fill:${BAD};${HALO}`,
  "diagram-broken-line": `stroke:${BAD};stroke-width:1.25;fill:none`,
  "diagram-broken-ring": `stroke:${BAD};stroke-width:1.75;fill:#fff;fill-opacity:.6`,
  "diagram-broken-mark": `stroke:${BAD};stroke-width:3;fill:none;stroke-linecap:round`,
  "diagram-broken-box": `fill:#fdeceb;stroke:${BAD};stroke-width:1.25`,
  "diagram-broken-box-in": `fill:none;stroke:${BAD};stroke-width:1.25`,
  "diagram-broken-name": `font-size:12px;font-weight:600;fill:${BAD}`,
  "diagram-broken-why": `font-size:11.5px;fill:${INK}`,
};

/** The style of a shape: of its first class, and of its first with each other. */
export function styleOf(classes: string): string {
  const [first, ...rest] = classes.split(" ");
  const token = /diagram-epoch-(\d)/.exec(classes)?.[1];
  const parts = [STYLES[first!], ...rest.map((one) => STYLES[`${first} ${one}`])];
  return parts
    .filter((part) => part !== undefined)
    .join(";")
    .replaceAll("@", token === undefined ? STRONG : EPOCHS[Number(token)]!)
    .replaceAll("^", token === undefined ? "#fff" : ON_EPOCHS[Number(token)]!);
}

const ESCAPES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Text as XML has it: characters that XML cannot hold are left out. */
export function escape(plain: string): string {
  return plain.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "").replace(/[&<>"]/g, (one) => ESCAPES[one]!);
}

function element(shape: Shape): string {
  const style = `style="${escape(styleOf(shape.c))}"`;
  switch (shape.t) {
    case "path":
      return `<path d="${shape.d}" ${style}/>`;
    case "rect":
      return `<rect x="${shape.x}" y="${shape.y}" width="${shape.w}" height="${shape.h}" ${style}/>`;
    case "text":
      return `<text x="${shape.x}" y="${shape.y}" ${style}>${escape(shape.s)}</text>`;
  }
}

const GUTTER = 72;
const ROW = 60;

const PATTERNS =
  `<defs><pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">`
  + `<path d="M0 0V7" style="stroke:${STRONG};stroke-width:1.5"/></pattern>`
  + `<pattern id="dots" width="6" height="6" patternUnits="userSpaceOnUse"><path d="M1.5 0V6M4 0V6" style="stroke:${STRONG};stroke-width:1.5"/></pattern></defs>`;

export interface Export {
  title: string;
  description: string;
  mode: Mode;
  zoom: number;
  stubs: readonly Stub[];
  words: Frame["words"];
  names: string[];
}

/** A track as SVG text. */
export function svgOf(track: Track, { title, description, mode: shown, zoom, stubs, words: said, names }: Export): string {
  const width = Math.ceil(widthOfRun(track, shown, zoom));
  const at = places(track, ROW);
  const shapes = paint(track, { mode: shown, zoom, left: 0, right: width, row: ROW, width, cone: null, stubs, words: said });
  const name = (lane: string, y: number): string => `<text x="8" y="${y}" style="font-size:13px;font-weight:600;fill:${INK}">${escape(lane)}</text>`;
  const [across, high] = [width + GUTTER, at.height + 30];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${across}" height="${high}" viewBox="0 0 ${across} ${high}" role="img" aria-labelledby="t d" style="font:11px system-ui,sans-serif;background:#fff">`,
    `<title id="t">${escape(title)}</title><desc id="d">${escape(description)}</desc>`,
    PATTERNS,
    `<rect width="${across}" height="${high}" style="fill:#fff"/>`,
    `<text x="8" y="18" style="font-size:13px;font-weight:600;fill:${INK}">${escape(title)}</text>`,
    `<g transform="translate(0 26)">`,
    ...names.map((lane, index) => name(lane, at.lane(index) + 4)),
    `<g transform="translate(${GUTTER} 0)">`,
    ...shapes.map(element),
    "</g></g></svg>",
  ].join("\n");
}
