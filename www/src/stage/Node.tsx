/** One machine on the stage. */
import type { About, NodeView } from "../api/types";
import { drawnAs, drawnName } from "../state/drawn";
import { epochColour, epochInk } from "../state/epoch";
import { announcement } from "../state/store";
import { nameOf, turnClock } from "./actions";
import { arc, GLYPH, outline, shape, short, standing, withEnds } from "./glyphs";
import { LINE, STRIP, type Layout, type Spot } from "./layout";
import { rateOf, rates, ratesOffered, setRate } from "./state";
import { text, type StageText } from "./text";

interface Props {
  node: NodeView;
  about: About;
  at: Layout;
  waiting: number;
  selected: boolean;
  /** On which side of a line that is being drawn. */
  tint: "left" | "right" | null;
  /** The moment in which something happened to it, if that is the one that is shown; and whether it is a fault. */
  struck: { moment: number; fault: boolean } | null;
  onSelect: () => void;
  onMenu: (event: Event) => void;
}

export const roleWord = (node: NodeView): string => text(node.role as StageText);

/** All of it in one name, the visible words first. */
export function nodeLabel(node: NodeView, about: About, waiting: number): string {
  const extra = standing(about, node.index);
  return [
    nameOf(node.index), drawnName(node.index), roleWord(node), phaseWords(node),
    node.paused ? text("paused") : null, extra === null ? null : text(extra),
    text("nodeEpoch", { epoch: node.epoch.text }),
    node.voted === null ? null : text("voteFor", { node: nameOf(node.voted) }),
    node.lease === null ? null : text("nodeLease", node.lease),
    node.bound === null ? null : text("nodeBound", node.bound),
    waiting === 0 ? null : waiting === 1 ? text("nodeWaitingOne") : text("nodeWaiting", { n: waiting }),
  ].filter((part) => part !== null).join(", ");
}

/** An arc in ticks, as many of them full as are left. */
function Ticks({ left, of, radius, kind }: { left: number; of: number; radius: number; kind: string }) {
  const parts = Math.max(1, of);
  const gap = parts > 1 ? 0.018 : 0;
  return (
    <g class={`stage-ticks ${kind}`}>
      {Array.from({ length: parts }, (_, i) => (
        <path key={i} class={i < left ? "stage-tick-left" : "stage-tick-gone"} d={arc(radius, i / parts + gap / 2, (i + 1) / parts - gap / 2)} />
      ))}
    </g>
  );
}

function Body({ node, radius }: { node: NodeView; radius: number }) {
  const ink = node.epoch.term === 0 ? "var(--sheet)" : `color-mix(in srgb, ${epochColour(node.epoch)} 22%, var(--sheet))`;
  const glyph = node.paused ? GLYPH.paused : GLYPH[node.role];
  const d = shape(node.role, radius);
  // In the smallest the glyph would stand on the name.
  const scale = Math.min(1, radius / 22);
  return (
    <g class={`stage-body stage-is-${node.role}${node.paused ? " stage-is-paused" : ""}${node.serving ? " stage-serves" : ""}`}>
      <path class="stage-shape" d={d} style={{ fill: node.role === "down" ? "var(--sheet)" : ink }} stroke-dasharray={outline(node.role)} />
      {node.role === "down" && <path d={d} fill="url(#stage-hatch)" />}
      <path class="stage-glyph" d={glyph} transform={`translate(0 ${-radius * 0.36}) scale(${scale})`} />
      <text class="stage-name" transform={`translate(0 ${radius * 0.36}) scale(${scale})`}>{nameOf(node.index)}</text>
      {node.bound !== null && <Ticks {...node.bound} radius={radius - 4} kind="stage-bound" />}
      {node.lease !== null && <Ticks {...node.lease} radius={radius + 9} kind="stage-lease" />}
    </g>
  );
}

function Chip({ node, radius }: { node: NodeView; radius: number }) {
  const wide = 18 + node.epoch.text.length * 7;
  return (
    <g class="stage-chip" transform={`translate(0 ${radius + 2})`}>
      <rect x={-wide / 2} y="-8" width={wide} height="16" rx="8" style={{ fill: epochColour(node.epoch) }} />
      <text y="4" style={{ fill: epochInk(node.epoch) }}>{node.epoch.text}</text>
    </g>
  );
}

const CELL = 16;

/** The end of the log: number, epoch by colour, dashed until it is on disk, underlined when committed. */
function Strip({ node, cells, anchor }: { node: NodeView; cells: number; anchor: number }) {
  const shown = node.log.slice(-cells);
  const hidden = node.base + node.log.length - shown.length;
  const width = (shown.length + (hidden > 0 ? 1 : 0)) * (CELL + 2);
  const start = -width * anchor;
  return (
    <g class="stage-strip" transform={`translate(${start} 0)`} aria-hidden="true">
      {hidden > 0 && <text class="stage-more" x={CELL / 2} y="12">+{hidden}</text>}
      {shown.map(({ op, epoch, flushed, committed }, i) => (
        <g key={i} transform={`translate(${(i + (hidden > 0 ? 1 : 0)) * (CELL + 2)} 0)`}>
          <rect class={flushed ? "stage-entry" : "stage-entry stage-unflushed"} width={CELL} height={CELL} rx="3" style={{ fill: flushed ? epochColour(epoch) : "var(--sheet)", stroke: flushed ? "" : epochColour(epoch) }} />
          <text x={CELL / 2} y="12" style={{ fill: flushed ? epochInk(epoch) : "var(--ink)" }}>{op}</text>
          {committed && <path class="stage-committed" d={`M1 ${CELL + 3.5}H${CELL - 1}`} />}
        </g>
      ))}
    </g>
  );
}

/** What its database does, without what it has and by whose flush it acknowledges. */
const engineWords = (engine: string): string => engine.replace(/;.*$/, "").replace(/, by .*$/, "").replace(/^is /, "");

/** What a primary is doing; one whose lease has ended may not act, whatever it is doing. */
function phaseWords(node: NodeView): string | null {
  if (node.phase === "serving" && !node.serving && !node.paused) return text("unleased");
  return node.phase === null ? null : text(node.phase as StageText);
}

interface Line {
  text: string;
  english?: boolean;
  strong?: boolean;
  /** Of the database beside it. */
  database?: boolean;
}

/** Letters of a name that have place beside a machine. */
const NAME = 16;

/** Lines of text beside a machine, the most important first. */
function lines(node: NodeView, about: About, wide: number, compact: boolean): Line[] {
  const extra = standing(about, node.index);
  const name = drawnName(node.index);
  const state = node.paused ? text("paused") : phaseWords(node);
  const list: Line[] = [
    { text: extra === null ? roleWord(node) : `${roleWord(node)}, ${text(extra)}`, strong: true },
  ];
  // Where there is little place, the panel has the name.
  if (name !== null && !compact) list.unshift({ text: withEnds(name, NAME) });
  if (state !== null) list.push({ text: state });
  const facts = node.role === "down" ? [] : [
    node.voted === null ? null : text("voteFor", { node: nameOf(node.voted) }),
    node.lease === null ? null : text("leaseShort", node.lease),
    node.bound === null ? null : text("boundShort", node.bound),
  ].filter((part) => part !== null);
  // Where there is little place, what runs out matters more than a vote.
  if (facts.length > 0) list.push({ text: compact ? facts.at(-1)! : facts.join(" · ") });
  if (node.inFlight > 0) list.push({ text: text("toDisk", { n: node.inFlight }) });
  const [first] = node.effects;
  if (first !== undefined) {
    const more = node.effects.length - 1;
    list.push({ text: short(more > 0 ? text("moreEffects", { first, n: more }) : first, wide), english: true });
  }
  if (node.engine !== null) list.push({ text: short(engineWords(node.engine), wide), english: true, database: true });
  return list;
}

/** What stands beside a machine, and where: the same for the caption and for the dial above it. */
function captionOf(node: NodeView, about: About, at: Layout, spot: Spot): { lines: Line[]; strip: boolean; x: number; y: number; anchor: number } {
  const { radius, compact } = at;
  const all = lines(node, about, compact ? 18 : 22, compact);
  const kept = all.slice(0, at.caption.lines);
  const strip = at.caption.strip && (node.log.length > 0 || node.base > 0);
  const height = kept.length * LINE + (strip ? STRIP : 0);
  const beside = spot.side === "left" || spot.side === "right";
  const sign = spot.side === "left" ? -1 : spot.side === "right" ? 1 : 0;
  const dial = about.timed && !spot.peak && !compact ? 9 : 0;
  const middle = -height / 2 + 11 + dial - (spot.peak ? 12 : 0);
  const y = beside ? Math.max(middle, 13 - spot.y) : spot.side === "below" ? radius + 25 : -radius - height - 2;
  return { lines: kept, strip, x: sign * (radius + 20), y, anchor: sign === 0 ? 0.5 : sign < 0 ? 1 : 0 };
}

function Database({ x, y, node, scale }: { x: number; y: number; node: NodeView; scale: number }) {
  return (
    <g class="stage-database" transform={`translate(${x} ${y}) scale(${scale})`}>
      <path d="M-9 -8V8C-9 13 9 13 9 8V-8" />
      <ellipse cy="-8" rx="9" ry="4" />
      <title>{node.engine}</title>
    </g>
  );
}

function Caption({ node, about, at, spot }: { node: NodeView; about: About; at: Layout; spot: Spot }) {
  const { lines: kept, strip, x, y, anchor } = captionOf(node, about, at, spot);
  const sign = anchor === 1 ? -1 : 1;
  const cells = at.compact ? 4 : 6;
  return (
    <g class={`stage-caption stage-caption-${spot.side}`} transform={`translate(${x} ${y.toFixed(1)})`} aria-hidden="true">
      {kept.map(({ text: line, english, strong, database }, i) => (
        <g key={i} transform={`translate(0 ${i * LINE})`}>
          {database && anchor !== 0.5 && <Database x={sign * 6} y={-4} node={node} scale={0.5} />}
          <text x={database && anchor !== 0.5 ? sign * 16 : 0} class={strong ? "stage-role" : ""} {...(english ? { lang: "en" } : {})}>{line}</text>
        </g>
      ))}
      {strip && (
        <g transform={`translate(0 ${kept.length * LINE - 9})`}><Strip node={node} cells={cells} anchor={anchor} /></g>
      )}
    </g>
  );
}

/** Where the dial of a machine is: above its caption, or where it has no links. */
function dialSpot(node: NodeView, about: About, at: Layout, spot: Spot): { x: number; y: number; sign: number } {
  const away = (at.radius + 24) * 0.74;
  if (spot.peak) return { x: -away, y: -away + 6, sign: -1 };
  if (at.compact) {
    const sign = spot.x < at.centre.x ? -1 : 1;
    return { x: sign * (at.radius + 14), y: -at.radius + (spot.side === "above" ? 2 * at.radius - 4 : 0), sign };
  }
  const sign = spot.side === "left" ? -1 : 1;
  return { x: sign * (at.radius + 31), y: captionOf(node, about, at, spot).y - 25, sign };
}

/** What its clock counts; pressing it sets the next rate. */
function Dial({ node, about, at, spot }: { node: NodeView; about: About; at: Layout; spot: Spot }) {
  const offered = ratesOffered();
  const rate = rateOf(node.index);
  const { x, y, sign } = dialSpot(node, about, at, spot);
  const hand = (node.clock * Math.PI) / 6;
  const settable = offered.length > 1;
  const next = (): void => {
    const chosen = offered.indexOf(rates.value.get(node.index) ?? "slow");
    setRate(node.index, offered[(chosen + 1) % offered.length]!);
    announcement.value = text("clockOf", { node: nameOf(node.index), clock: node.clock, rate: rateOf(node.index) });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "Enter" || event.key === " ") next();
    else if (event.key === "+" || event.key === "=") turnClock(node.index, 1);
    else if (event.key === "-") turnClock(node.index, -1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const label = text(settable ? "clockOf" : "clockFixed", { node: nameOf(node.index), clock: node.clock, rate });
  const side = sign > 0 ? "stage-after" : "stage-before";
  const below = at.compact && !spot.peak;
  return (
    <g
      class={settable ? "stage-dial stage-settable" : "stage-dial"} transform={`translate(${x.toFixed(1)} ${y.toFixed(1)})`}
      data-clock={node.index}
      {...(settable ? { role: "button", tabindex: 0, onClick: next, onKeyDown } : { role: "img" })} aria-label={label}
    >
      <circle class="stage-hit" r="16" />
      <circle class="stage-face" r="10" />
      <path class="stage-hand" d={`M0 0L${(7 * Math.sin(hand)).toFixed(2)} ${(-7 * Math.cos(hand)).toFixed(2)}`} />
      <text class={below ? "" : side} x={below ? sign * -4 : sign * 15} y={below ? -14 : 4} aria-hidden="true">
        {sign < 0 && settable && <tspan class="stage-rate">+{rate} </tspan>}{node.clock}{sign > 0 && settable && <tspan class="stage-rate"> +{rate}</tspan>}
      </text>
    </g>
  );
}

export function Machine(props: Props) {
  const { node, about, at, waiting, selected, tint, struck, onSelect, onMenu } = props;
  const spot = at.nodes[node.index];
  if (spot === undefined) return null;
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== "Enter" && event.key !== " " && event.key !== "ContextMenu") return;
    event.preventDefault();
    event.stopPropagation();
    onMenu(event);
  };
  const touch = Math.max(22, at.radius + 6);
  return (
    <g class="stage-place" transform={`translate(${spot.x.toFixed(1)} ${spot.y.toFixed(1)})`}>
      {struck !== null && <circle key={struck.moment} class={struck.fault ? "stage-pulse stage-pulse-bad" : "stage-pulse"} r={at.radius + 8} />}
      <g
        class={`stage-node${selected ? " stage-selected" : ""}${tint === null ? "" : ` stage-tint-${tint}`}`}
        role="button" tabindex={0} data-node={node.index} aria-haspopup="menu" aria-pressed={selected}
        aria-label={nodeLabel(node, about, waiting)}
        onFocus={onSelect} onClick={onMenu} onContextMenu={onMenu} onKeyDown={onKeyDown}
      >
        {drawnName(node.index) !== null && <title>{drawnAs(node.index)}</title>}
        <circle class="stage-hit" r={touch} />
        <circle class="stage-ring" r={at.radius + 14} />
        <Body node={node} radius={at.radius} />
        <Chip node={node} radius={at.radius} />
      </g>
      <Caption node={node} about={about} at={at} spot={spot} />
      {node.engine !== null && at.compact && <Database node={node} x={(spot.x < at.centre.x ? -1 : 1) * (at.radius + 15)} y={6} scale={0.85} />}
      {about.timed && <Dial node={node} about={about} at={at} spot={spot} />}
    </g>
  );
}
