/** The drawing: machines, links, messages, the resource, and the line by which the network is cut. */
import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { About, EventView, LandingView, NodeIndex, View } from "../api/types";
import { epochColour, epochInk } from "../state/epoch";
import { about, event as lastEvent, selection, view } from "../state/store";
import { cut, cutReason, heal, nameOf, sideName, perform, say } from "./actions";
import { stateWords } from "./Flight";
import { look } from "./glyphs";
import { between, division, labelSpot, layout, place, redraws, sides, type Layout, type Placed, type Point } from "./layout";
import { Letters, type Motion } from "./letters";
import { openMenu, select } from "./Menu";
import { Machine } from "./Node";
import { queue, type Target } from "./state";
import { text } from "./text";

const CALM = "(prefers-reduced-motion: reduce)";

function letterLabel({ letter, count }: Placed): string {
  const values = { kind: letter.kind, epoch: letter.epoch.text, from: nameOf(letter.from), to: nameOf(letter.to), n: count };
  const name = text(count > letter.copies ? "manyLabel" : "letterLabel", values);
  return `${name}, ${text(letter.answer ? "answer" : "request")}, ${stateWords(letter)}, ${look(letter.kind).letters}`;
}

/** Opens a menu beside the pointer, or beside what has the focus. */
function menuAt(target: Target, event: Event): void {
  event.preventDefault();
  select(target);
  const pointed = event instanceof MouseEvent && (event.clientX !== 0 || event.clientY !== 0);
  if (pointed) {
    openMenu(target, event.clientX + 10, event.clientY + 6);
    return;
  }
  const box = (event.currentTarget as Element | null)?.getBoundingClientRect() ?? (event.target as Element).getBoundingClientRect();
  openMenu(target, box.right + 4, box.top);
}

function severed(shown: View, from: NodeIndex, to: NodeIndex): boolean {
  if (shown.cut === null) return false;
  const [out, back] = [shown.cut.side.includes(from), shown.cut.side.includes(to)];
  return out !== back && (out || shown.cut.both);
}

function Links({ at, shown }: { at: Layout; shown: View }) {
  const pairs = at.nodes.flatMap((a, i) => at.nodes.slice(i + 1).map((b, k) => ({ a, b, i, j: i + 1 + k })));
  return (
    <g class="stage-links" aria-hidden="true">
      {pairs.map(({ a, b, i, j }) => {
        const [there, back] = [severed(shown, i, j), severed(shown, j, i)];
        const mid = between(a, b, 0.5);
        const length = Math.hypot(b.x - a.x, b.y - a.y) || 1;
        // The mark of a cut in one direction stands on the side of the messages that no longer arrive.
        const off = there && back ? 0 : there ? 11 : -11;
        const mark = { x: mid.x - ((b.y - a.y) / length) * off, y: mid.y + ((b.x - a.x) / length) * off };
        return (
          <g key={`${i}-${j}`}>
            <path class={there && back ? "stage-link stage-severed" : there || back ? "stage-link stage-half" : "stage-link"} d={`M${a.x} ${a.y}L${b.x} ${b.y}`} />
            {(there || back) && <path class="stage-cross" d="M-5 -5 5 5M5 -5 -5 5" transform={`translate(${mark.x.toFixed(1)} ${mark.y.toFixed(1)})`} />}
          </g>
        );
      })}
    </g>
  );
}

/** The line of a cut, with its label unless another line is being drawn. */
function Division({ at, shown, named }: { at: Layout; shown: View; named: boolean }) {
  if (shown.cut === null) return null;
  const { side, both } = shown.cut;
  const line = division(at, side);
  const rest = shown.nodes.map(({ index }) => index).filter((index) => !side.includes(index));
  const label = text(both ? "cutShown" : "cutShownOneWay", { side: sideName(side), rest: sideName(rest) });
  const spot = labelSpot(at, line, 8 + label.length * 6.8, place(at, queue.value));
  return (
    <g class="stage-division">
      {line !== null && <path d={`M${line[0].x} ${line[0].y}L${line[1].x} ${line[1].y}`} />}
      {named && <text x={spot.x} y={spot.y + 4}>{label}</text>}
    </g>
  );
}

function Landing({ landing, at, index, onMenu }: { landing: LandingView; at: Layout; index: number; onMenu: (event: Event) => void }) {
  const from = at.nodes[landing.from];
  if (from === undefined || at.resource === null) return null;
  const base = between(from, at.resource, at.nodes.length === 3 ? 0.56 : 0.8);
  const words = { op: landing.op, node: nameOf(landing.from), epoch: landing.epoch.text, verdict: text(landing.admitted ? "applied" : "refused") };
  const label = `w${landing.op} ${landing.epoch.text}`;
  const wide = 28 + label.length * 6.6;
  return (
    <g
      class="stage-landing" transform={`translate(${base.x.toFixed(1)} ${(base.y + index * 22).toFixed(1)})`} role="button" tabindex={0} aria-haspopup="menu"
      aria-label={`${label}: ${text("landingLabel", words)}`} onClick={onMenu} onContextMenu={onMenu} onKeyDown={(event) => pressKey(event, onMenu)}
    >
      <rect x={-wide / 2} y="-9" width={wide} height="18" rx="4" style={{ fill: epochColour(landing.epoch) }} />
      <text x="-7" y="4" style={{ fill: epochInk(landing.epoch) }}>{label}</text>
      <circle class={landing.admitted ? "stage-yes" : "stage-no"} cx={wide / 2 - 3} r="8" />
      <path class="stage-verdict" transform={`translate(${wide / 2 - 3} 0)`} d={landing.admitted ? "M-3.5 0 -1 3 4 -3" : "M-3 -3 3 3M3 -3 -3 3"} />
    </g>
  );
}

function pressKey(event: KeyboardEvent, act: (event: Event) => void): void {
  if (event.key !== "Enter" && event.key !== " ") return;
  event.preventDefault();
  event.stopPropagation();
  act(event);
}

function Resource({ at, shown }: { at: Layout; shown: View }) {
  if (at.resource === null || shown.resource === null) return null;
  const { installed, loaded } = shown.resource;
  const { x, y } = at.resource;
  const chosen = selection.value?.kind === "resource";
  const open = (event: Event): void => menuAt({ kind: "resource" }, event);
  const label = text("resourceLabel", { installed: installed.text, loaded: loaded.text, n: shown.landings.length });
  const counts = new Map<NodeIndex, number>();
  return (
    <g class="stage-fenced">
      {at.nodes.map((node, i) => <path key={i} class="stage-way" d={`M${node.x} ${node.y}L${x} ${y}`} />)}
      <g
        class={chosen ? "stage-resource stage-selected" : "stage-resource"} transform={`translate(${x} ${y}) scale(${at.compact ? 0.82 : 1})`} role="button" tabindex={0} aria-haspopup="menu"
        aria-label={label} onClick={open} onContextMenu={open} onKeyDown={(event) => pressKey(event, open)}
        onFocus={() => select({ kind: "resource" })}
      >
        <rect class="stage-ring" x="-56" y="-31" width="112" height="62" rx="9" />
        <rect class="stage-box" x="-50" y="-25" width="100" height="50" rx="4" />
        <path class="stage-fence" d="M-50 -25V25M50 -25V25M-44 -25V25M44 -25V25" />
        <text class="stage-role" y="-8">{text("resource")}</text>
        <rect class="stage-token" x="-36" y="-2" width="72" height="17" rx="8.5" style={{ fill: epochColour(installed) }} />
        <text y="10.5" style={{ fill: epochInk(installed) }}>{text("resourceFence", { epoch: installed.text })}</text>
      </g>
      <text class="stage-readby" x={x} y={y + (at.compact ? 35 : 40)} aria-hidden="true">{loaded.term > 0 ? text("resourceRead", { epoch: loaded.text }) : ""}</text>
      {shown.landings.map((landing) => {
        const index = counts.get(landing.from) ?? 0;
        counts.set(landing.from, index + 1);
        return <Landing key={`${landing.from} ${landing.epoch.text} ${landing.op}`} landing={landing} at={at} index={index} onMenu={open} />;
      })}
    </g>
  );
}

interface Stroke {
  from: Point;
  to: Point;
  oneWay: boolean;
}

/** What a stroke would do, in words; and whether it would do anything. */
function meant({ from, to, oneWay }: Stroke, at: Layout, shown: View): { label: string; fits: boolean } {
  if (shown.cut !== null) {
    const again = redraws(at, shown.cut.side, from, to);
    return { label: text(again ? "healPreview" : "cutAgainPreview"), fits: again };
  }
  const { left, right } = sides(at, from, to);
  if (left.length === 0 || right.length === 0) return { label: text("cutNeedsSides"), fits: false };
  return { label: text(oneWay ? "cutPreviewOneWay" : "cutPreview", { side: sideName(left), rest: sideName(right) }), fits: true };
}

/** Does what a stroke means, or says why not. */
function finish(stroke: Stroke, at: Layout): void {
  const gone = view.peek()?.cut ?? null;
  if (gone !== null) {
    if (redraws(at, gone.side, stroke.from, stroke.to)) perform(heal());
    else say(`${text("cutTitle")}: ${text("whyCutAlready")}.`);
    return;
  }
  const { left, right } = sides(at, stroke.from, stroke.to);
  if (left.length === 0 || right.length === 0) say(text("cutNeedsSides"));
  else perform(cut(left, !stroke.oneWay));
}

function Preview({ stroke, at, shown }: { stroke: Stroke; at: Layout; shown: View }) {
  const { label, fits } = meant(stroke, at, shown);
  const { from, to } = stroke;
  const end = from.y < to.y ? from : to;
  const half = Math.min(at.width, label.length * 6.8 + 20) / 2;
  const x = Math.max(half, Math.min(end.x, at.width - half));
  return (
    <g class={fits ? "stage-stroke" : "stage-stroke stage-stroke-idle"} aria-hidden="true">
      <path d={`M${from.x} ${from.y}L${to.x} ${to.y}`} />
      <text x={x} y={Math.max(16, end.y - 12)}>{label}</text>
    </g>
  );
}

/** How a step moves messages; nothing moves unless it is the step from what was shown before. */
function motionOf(at: Layout, step: EventView | null, before: { id: number; places: Map<string, Point> } | null): Motion {
  const moves = step !== null && before !== null && step.parent === before.id && !matchMedia(CALM).matches;
  const mine = (key: string): boolean => step?.letter != null && String(step.letter.id) === key;
  const spot = (node: NodeIndex): Point => at.nodes[node] ?? at.centre;
  return {
    moves,
    born: ({ letter }) => {
      const twin = step?.kind === "duplicate" && step.letter !== null ? before?.places.get(String(step.letter.id)) : undefined;
      return twin ?? spot(letter.from);
    },
    gone: (key) => {
      if (!mine(key) || step === null) return null;
      if (step.kind === "drop") {
        const old = before?.places.get(key);
        return old === undefined ? null : { to: { x: old.x, y: old.y + 26 }, lost: true };
      }
      return step.kind === "deliver" && step.place.kind === "between" ? { to: spot(step.place.to), lost: false } : null;
    },
    visits: (key) => (mine(key) && step?.kind === "deliver" && step.place.kind === "between" ? spot(step.place.to) : null),
  };
}

/** Keeps the messages of the drawing as they are now. */
function useLetters(at: Layout | null) {
  const layer = useRef<SVGGElement>(null);
  const pool = useRef<Letters | null>(null);
  const before = useRef<{ id: number; places: Map<string, Point>; keys: string[] } | null>(null);
  const [shown, order, chosen] = [view.value, queue.value, selection.value];

  useLayoutEffect(() => {
    if (at === null || shown === null || layer.current === null) return;
    pool.current ??= new Letters(layer.current, letterLabel);
    const letters = pool.current;
    const placed = place(at, order);
    const focused = document.activeElement instanceof SVGElement && layer.current.contains(document.activeElement) ? document.activeElement.dataset["key"] : undefined;
    letters.show(placed, motionOf(at, lastEvent.peek(), before.current));
    const keys = letters.keys();
    const forward = before.current !== null && shown.parent === before.current.id;
    const lost = selection.peek()?.kind === "letter" && !shown.letters.some(({ id }) => id === (selection.peek() as { letter: number }).letter);
    if (focused !== undefined && !keys.includes(focused)) {
      // What had the focus is gone: the next one has it.
      const next = keys[Math.min(before.current?.keys.indexOf(focused) ?? 0, keys.length - 1)];
      if (next !== undefined) letters.group(next)?.focus({ preventScroll: true });
      else document.querySelector<SVGGElement>(".stage-node")?.focus({ preventScroll: true });
    } else if (lost && forward) {
      const { place: where } = lastEvent.peek() ?? { place: { kind: "links" } as const };
      if (where.kind === "between" || where.kind === "lost") selection.value = { kind: "node", node: where.to };
    }
    before.current = { id: shown.id, places: new Map(placed.map(({ key, x, y }) => [key, { x, y }])), keys };
  }, [at, shown, order]);

  useLayoutEffect(() => {
    const letters = pool.current;
    if (letters === null) return;
    const key = chosen?.kind === "letter" ? String(chosen.letter) : null;
    const keys = letters.keys();
    letters.mark(key !== null && keys.includes(key) ? key : keys[0] ?? null, key);
  }, [at, shown, order, chosen]);

  useEffect(() => () => {
    pool.current?.dispose();
    pool.current = null;
  }, []);

  return { layer, pool };
}

function letterOf(group: Element | null): number | null {
  const key = group instanceof SVGElement ? group.dataset["key"] : undefined;
  if (key === undefined) return null;
  if (/^\d+$/.test(key)) return Number(key);
  // A heap of equal messages: the first of them.
  const [edge, kind, epoch] = key.split(" ");
  return queue.peek().find((one) => `${one.from}-${one.to}` === edge && one.kind === kind && one.epoch.text === epoch)?.id ?? null;
}

function useLetterHands(pool: { current: Letters | null }) {
  const groupOf = (event: Event): Element | null => (event.target as Element).closest(".stage-letter");
  const open = (event: Event): void => {
    const letter = letterOf(groupOf(event));
    if (letter === null) return;
    const pointed = event instanceof MouseEvent && event.clientX !== 0;
    const box = groupOf(event)!.getBoundingClientRect();
    event.preventDefault();
    select({ kind: "letter", letter });
    openMenu({ kind: "letter", letter }, pointed ? event.clientX + 12 : box.right + 6, pointed ? event.clientY + 8 : box.top);
  };
  return {
    onClick: open,
    onContextMenu: open,
    onFocusIn: (event: Event): void => {
      const letter = letterOf(groupOf(event));
      if (letter !== null) select({ kind: "letter", letter });
    },
    onKeyDown: (event: KeyboardEvent): void => {
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      const keys = pool.current?.keys() ?? [];
      const here = keys.indexOf((groupOf(event) as SVGElement | null)?.dataset["key"] ?? "");
      const go = (to: number): void => pool.current?.group(keys[(to + keys.length) % keys.length] ?? "")?.focus();
      if (event.key === "ArrowDown") go(here + 1);
      else if (event.key === "ArrowUp") go(here - 1);
      else if (event.key === "Enter" || event.key === " ") open(event);
      else return;
      event.preventDefault();
      event.stopPropagation();
    },
  };
}

function useSize(box: { current: HTMLElement | null }): { width: number; height: number } | null {
  const [size, setSize] = useState<{ width: number; height: number } | null>(null);
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const take = (): void => {
      const { clientWidth: width, clientHeight: height } = element;
      setSize((old) => (old?.width === width && old.height === height ? old : { width, height }));
    };
    take();
    const observer = new ResizeObserver(take);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return size;
}

/** Drawing a line on empty ground. */
function useStroke(at: Layout | null) {
  const stroke = useSignal<Stroke | null>(null);
  const point = (event: PointerEvent): Point => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const long = ({ from, to }: Stroke): boolean => Math.hypot(to.x - from.x, to.y - from.y) > 24;
  return {
    stroke: stroke.value !== null && long(stroke.value) ? stroke.value : null,
    cancel: () => (stroke.value = null),
    hands: {
      onPointerDown: (event: PointerEvent): void => {
        if (event.button !== 0 || !event.isPrimary) return;
        if ((event.target as Element).closest("[role=button]") !== null) return;
        const from = point(event);
        stroke.value = { from, to: from, oneWay: event.altKey };
        (event.currentTarget as Element).setPointerCapture(event.pointerId);
      },
      onPointerMove: (event: PointerEvent): void => {
        if (stroke.value === null) return;
        // A network that is cut can be healed by a stroke; any other reason ends it.
        const why = long(stroke.value) && (view.peek()?.cut ?? null) === null ? cutReason() : null;
        if (why !== null) {
          stroke.value = null;
          say(`${text("cutTitle")}: ${why}.`);
          return;
        }
        stroke.value = { from: stroke.value.from, to: point(event), oneWay: event.altKey };
      },
      onPointerUp: (event: PointerEvent): void => {
        const drawn = stroke.value;
        stroke.value = null;
        if (drawn !== null && at !== null && long(drawn)) finish({ ...drawn, oneWay: event.altKey }, at);
      },
      onPointerCancel: () => (stroke.value = null),
    },
  };
}

export interface SceneHands {
  focusLetters: () => void;
}

function tintOf(at: Layout, stroke: Stroke | null, node: NodeIndex): "left" | "right" | null {
  if (stroke === null) return null;
  const { left, right } = sides(at, stroke.from, stroke.to);
  if (left.length === 0 || right.length === 0) return null;
  return left.includes(node) ? "left" : "right";
}

const FAULTS: ReadonlySet<string> = new Set(["crash", "fail-flush", "pause", "doubt", "power-off"]);

/** Whether the step that is shown happened to a machine. */
function struckAt(step: EventView | null, node: NodeIndex): { moment: number; fault: boolean } | null {
  if (step === null) return null;
  const { place: where, kind } = step;
  const hit = (where.kind === "between" && where.to === node) || (where.kind === "at" && where.node === node) || (where.kind === "resource" && where.from === node);
  return hit ? { moment: step.id, fault: FAULTS.has(kind) } : null;
}

function Machines({ at, shown, open, stroke }: { at: Layout; shown: View; open: About; stroke: Stroke | null }) {
  const chosen = selection.value;
  return (
    <>
      {shown.nodes.map((node) => (
        <Machine
          key={node.index} node={node} about={open} at={at}
          waiting={shown.letters.filter(({ to }) => to === node.index).length}
          selected={chosen?.kind === "node" && chosen.node === node.index} tint={tintOf(at, stroke, node.index)}
          struck={struckAt(lastEvent.value, node.index)}
          onSelect={() => select({ kind: "node", node: node.index })}
          onMenu={(event) => menuAt({ kind: "node", node: node.index }, event)}
        />
      ))}
    </>
  );
}

export function Scene({ hands }: { hands: { current: SceneHands | null } }) {
  const box = useRef<HTMLDivElement>(null);
  const size = useSize(box);
  const [shown, open] = [view.value, about.value];
  const count = open?.nodes.length ?? 0;
  const fenced = shown?.resource != null;
  const kept = useRef<Layout | null>(null);
  const wanted = size === null || size.height < 40 || count === 0 ? null : { ...size, count, fenced };
  const old = kept.current;
  if (wanted === null) kept.current = null;
  else if (old?.width !== wanted.width || old.height !== wanted.height || old.nodes.length !== count || (old.resource !== null) !== fenced) {
    kept.current = layout(wanted.width, wanted.height, count, fenced);
  }
  const at = kept.current;
  const { layer, pool } = useLetters(at);
  const letterHands = useLetterHands(pool);
  const { stroke, cancel, hands: strokeHands } = useStroke(at);

  hands.current = {
    focusLetters: () => {
      const keys = pool.current?.keys() ?? [];
      const chosen = selection.peek();
      const key = chosen?.kind === "letter" && keys.includes(String(chosen.letter)) ? String(chosen.letter) : keys[0];
      if (key === undefined) say(text("none"));
      else pool.current?.group(key)?.focus();
    },
  };

  return (
    <div class="stage-scene" ref={box}>
      {at !== null && shown !== null && open !== null && (
        <svg
          class={at.compact ? "stage-svg stage-compact" : "stage-svg"} width={at.width} height={at.height} viewBox={`0 0 ${at.width} ${at.height}`}
          role="group" aria-label={text("machines")} {...strokeHands}
          onKeyDown={(event) => event.key === "Escape" && stroke !== null && (cancel(), event.stopPropagation())}
        >
          <defs>
            <pattern id="stage-hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
              <path class="stage-hatch" d="M0 0V6" />
            </pattern>
          </defs>
          <Links at={at} shown={shown} />
          <Division at={at} shown={shown} named={stroke === null} />
          <Resource at={at} shown={shown} />
          <Machines at={at} shown={shown} open={open} stroke={shown.cut === null ? stroke : null} />
          <g ref={layer} class="stage-layer" {...letterHands} />
          {stroke !== null && <Preview stroke={stroke} at={at} shown={shown} />}
        </svg>
      )}
    </div>
  );
}
