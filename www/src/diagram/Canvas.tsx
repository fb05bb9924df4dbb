/**
 * The picture, in a box that scrolls by itself: moving costs no drawing, and a new stretch is drawn only when the
 * old one is left. The box is a slider over the steps of the run; what it shows at its cursor is said in a sentence.
 */
import { batch, computed, effect, signal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Lane } from "../api/types";
import { invoke } from "../state/commands";
import { goTo, moment, path, selection, step } from "../state/store";
import { type Track, nearestStep, stepsWithin } from "./layout";
import { AXIS, CALLOUT, LEAD, LEAST_ROW, RESOURCE, TIGHT_ROW, markOf, paint, places, type Shape, widthOfRun, xOf } from "./paint";
import {
  causes, drawn, flying, mode, moveTo, nameOf, selectedStep, sentenceOf, words, zoom, zooms,
} from "./state";
import { text } from "./text";
import { Tip } from "./Tip";

/** The box as it is: what is scrolled to, and the room there is. */
export const box = signal<{ width: number; height: number }>({ width: 800, height: 240 });
export const scrolled = signal(0);
const gutter = computed(() => (box.value.width < 520 ? 64 : 96));
/** Pixels of the run that are seen. */
export const room = computed(() => Math.max(80, box.value.width - gutter.value));
/** The step under the pointer, or the one at the cursor while the box has the keyboard. */
const hovered = signal<number | null>(null);
const focused = signal(false);
const dismissed = signal(false);

const MOST_ZOOM = 24;
let scroller: HTMLElement | null = null;
/** Where to scroll to once a new zoom is drawn. */
let awaited: number | null = null;

export const width = computed(() => {
  const now = drawn.value;
  return now === null ? 0 : Math.max(room.value, widthOfRun(now.track, mode.value, zoom.value));
});

const row = computed(() => {
  const now = drawn.value;
  if (now === null) return LEAST_ROW;
  const { nodes, fenced } = now.track.ground;
  const rest = box.value.height - places(now.track, LEAST_ROW).top - (fenced ? RESOURCE : 0);
  return Math.max(TIGHT_ROW, Math.min(88, Math.floor(rest / nodes)));
});

/** Whether a zoom is under way: then only what is seen is drawn, and the rest when it is over. */
const zooming = signal(false);
let settled = 0;

/** The stretch that is drawn: what is seen and at least a quarter more at each side. It moves in quarters. */
const left = computed(() => {
  if (zooming.value) return Math.max(0, (Math.floor(scrolled.value / 40) - 1) * 40);
  const quarter = room.value / 4;
  return Math.max(0, (Math.floor(scrolled.value / quarter) - 1) * quarter);
});
const right = computed(() => Math.min(width.value, left.value + (zooming.value ? room.value + 90 : room.value * 1.75)));

function leastZoom(): number {
  const now = drawn.value;
  if (now === null) return 1;
  const end = now.track.positions(mode.value)[now.steps]!;
  const said = now.track.broken === null ? 30 : CALLOUT + 40;
  return Math.min(1, Math.max(0.002, Math.max(room.value * 0.4, room.value - LEAD - said) / Math.max(1, end)));
}

/** Zooms about a place of the box, the cursor if none is given. */
export function zoomBy(factor: number, about?: number): void {
  const now = drawn.value;
  if (now === null) return;
  const before = zoom.value;
  const next = Math.max(leastZoom(), Math.min(MOST_ZOOM, before * factor));
  const seen = xOf(now.track, mode.value, before, step.value) - scrolled.value;
  const place = about ?? (seen >= 0 && seen <= room.value ? seen : room.value / 2);
  const natural = (scrolled.value + place - LEAD) / before;
  const to = Math.max(0, LEAD + natural * next - place);
  awaited = to;
  batch(() => {
    zooming.value = true;
    scrolled.value = to;
    zooms[mode.value].value = next;
  });
  clearTimeout(settled);
  settled = window.setTimeout(() => (zooming.value = false), 160);
}

export function fit(): void {
  awaited = 0;
  batch(() => {
    scrolled.value = 0;
    zooms[mode.value].value = leastZoom();
  });
}

export function scrollTo(left: number): void {
  if (scroller !== null) scroller.scrollLeft = left;
}

/** Brings the cursor into sight: near by if it left a little, into the middle if it jumped. */
function follow(x: number): void {
  const [left, seen] = [scroller?.scrollLeft ?? 0, room.value];
  const said = drawn.value?.track.broken === step.value;
  // The words of a violation are to the right of it.
  const margin = said ? Math.min(CALLOUT + 40, seen - 60) : Math.min(90, seen / 5);
  if (x >= left + Math.min(20, margin) && x <= left + seen - margin) return;
  const near = !said && x > left - seen / 2 && x < left + seen * 1.5;
  if (near) scrollTo(x > left ? x - seen + Math.max(margin, seen * 0.35) : x - seen * 0.35);
  else scrollTo(said ? x - seen + margin : x - seen / 2);
}

function draw({ t, k, c, ...rest }: Shape) {
  if (t === "text") {
    const { x, y, s } = rest as Shape & { t: "text" };
    // Moved, not laid out anew.
    return <text key={k} class={c} transform={`translate(${x} ${y})`}>{s}</text>;
  }
  if (t === "rect") {
    const { x, y, w, h } = rest as Shape & { t: "rect" };
    return <rect key={k} class={c} x={x} y={y} width={w} height={h} />;
  }
  return <path key={k} class={c} d={(rest as Shape & { t: "path" }).d} />;
}

export function Patterns() {
  return (
    <defs>
      <pattern id="diagram-hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <path class="diagram-hatch-line" d="M0 0V7" />
      </pattern>
      <pattern id="diagram-dots" width="6" height="6" patternUnits="userSpaceOnUse">
        <path class="diagram-hatch-line" d="M1.5 0V6M4 0V6" />
      </pattern>
    </defs>
  );
}

interface Painted {
  steps: number;
  mode: string;
  zoom: number;
  left: number;
  right: number;
  shapes: ReturnType<typeof draw>[];
}

let painted: Painted | null = null;

/** So few pixels a step that only strokes are drawn: while such a picture is zoomed, it is stretched. */
const STROKES = 1;

/** What is drawn already, if it will do for a zoom that is under way. */
function stretched({ track, steps }: { track: Track; steps: number }): Painted | null {
  if (!zooming.value || painted === null || painted.steps !== steps || painted.mode !== mode.value) return null;
  const [pitch, by] = [(xOf(track, mode.value, zoom.value, steps) - LEAD) / Math.max(1, steps), zoom.value / painted.zoom];
  return pitch < STROKES && by > 0.4 && by < 2.5 ? painted : null;
}

function paintNow(track: Track, steps: number): Painted {
  const shapes = paint(track, {
    mode: mode.value, zoom: zoom.value, left: left.value, right: right.value, row: row.value, width: width.value,
    cone: causes.value, stubs: flying.value, words, rough: zooming.value,
  });
  painted = { steps, mode: mode.value, zoom: zoom.value, left: left.value, right: right.value, shapes: shapes.map(draw) };
  return painted;
}

function Picture() {
  const now = drawn.value;
  if (now === null) return null;
  const { track, steps } = now;
  const picture = stretched(now) ?? paintNow(track, steps);
  const by = zoom.value / picture.zoom;
  const high = places(track, row.value).height;
  const across = Math.max(1, picture.right - picture.left);
  return (
    <svg
      class="diagram-picture" width={across} height={high}
      viewBox={`${picture.left} 0 ${across} ${high}`} aria-hidden="true"
      style={{ left: `${LEAD + (picture.left - LEAD) * by}px`, transform: by === 1 ? "none" : `scaleX(${by})` }}
    >
      <Patterns />
      {picture.shapes}
    </svg>
  );
}

function Cursor() {
  const now = drawn.value;
  if (now === null || step.value > now.steps) return null;
  const x = xOf(now.track, mode.value, zoom.value, step.value);
  return (
    <>
      {step.value < now.steps && <div class={`diagram-future ${causes.value === null ? "" : "light"}`} style={{ transform: `translateX(${x + 7}px)` }} />}
      <div class="diagram-cursor" style={{ transform: `translateX(${x}px)` }}><span>{step.value}</span></div>
    </>
  );
}

/** A ring around the mark that is pointed at. */
function Hovered() {
  const [now, at] = [drawn.value, hovered.value];
  if (now === null || at === null || at > now.steps) return null;
  const mark = markOf(now.track, mode.value, zoom.value, places(now.track, row.value), at);
  return <div class="diagram-hovered" style={{ transform: `translate(${mark.x}px, ${mark.y}px)` }} />;
}

/** Names of the lanes, and how each machine stands at the cursor. */
function Gutter() {
  const now = drawn.value;
  if (now === null || step.value > now.steps) return null;
  const at = places(now.track, row.value);
  const lanes = now.track.lanesAt(step.value);
  return (
    <div class="diagram-gutter" style={{ width: `${gutter.value}px`, minHeight: `${at.height}px` }}>
      <div class="diagram-name faults" style={{ top: `${at.faults}px`, height: `${at.top - at.faults}px` }}>{text("faults")}</div>
      {lanes.map((lane, node) => (
        <div key={node} class="diagram-name" style={{ top: `${at.top + node * row.value}px`, height: `${row.value}px` }}>
          <b>{nameOf(node)} {lane.role !== "down" && lane.epoch.term > 0 && <small>{lane.epoch.text}</small>}</b>
          <span>{stateOf(lane)}</span>
          {mode.value === "time" && <span class="diagram-clock">{text("clock", { ticks: lane.clock })}</span>}
        </div>
      ))}
      {now.track.ground.fenced && (
        <div class="diagram-name" style={{ top: `${at.top + lanes.length * row.value}px`, height: `${RESOURCE}px` }}>
          <b>{text("resource")}</b>
        </div>
      )}
    </div>
  );
}

function stateOf(lane: Lane): string {
  if (lane.role === "down") return text("down");
  return lane.paused ? text("paused") : roleOf(lane.role, lane.serving);
}

function roleOf(role: Lane["role"], serving: boolean): string {
  switch (role) {
    case "primary":
      return serving ? text("roleServing") : text("rolePrimary");
    case "candidate":
    case "pre-candidate":
      return text("candidate");
    case "halted":
      return text("halted");
    default:
      return text("follower");
  }
}

// ---- the pointer -------------------------------------------------------------------------------------------

/** The step whose mark is near a place of the picture. */
function markNear(x: number, y: number): number | null {
  const now = drawn.value;
  if (now === null) return null;
  const { track } = now;
  const [shown, scale] = [mode.value, zoom.value];
  const at = places(track, row.value);
  const natural = (x - LEAD) / scale;
  const [first, last] = stepsWithin(track, shown, natural - 60 / scale, natural + 60 / scale);
  let best: number | null = null;
  let least = 15;
  for (let one = Math.max(1, first); one <= last; one++) {
    if (track.events[one - 1]!.kind === "pass") continue;
    const mark = markOf(track, shown, scale, at, one);
    const far = Math.hypot(mark.x - x, mark.y - y);
    if (far < least) [best, least] = [one, far];
  }
  return best;
}

function stepNear(x: number): number {
  const now = drawn.value;
  return now === null ? 0 : nearestStep(now.track, mode.value, (x - LEAD) / zoom.value);
}

function choose(x: number, y: number): void {
  const hit = markNear(x, y);
  if (hit === null) {
    if (selection.value?.kind === "event") selection.value = null;
    moveTo(stepNear(x));
    return;
  }
  const id = path.value[hit]!;
  const again = selectedStep.value === hit && moment.value === id;
  goTo(id);
  selection.value = again ? null : { kind: "event", moment: id };
}

/** A place in the picture. */
function placeOf(event: PointerEvent | MouseEvent, content: HTMLElement): [number, number] {
  const { left, top } = content.getBoundingClientRect();
  return [event.clientX - left, event.clientY - top];
}

interface Drag {
  id: number;
  x: number;
  left: number;
  top: number;
  y: number;
  moved: boolean;
  /** Whether it moves the cursor, not the picture. */
  cursor: boolean;
}

let drag: Drag | null = null;
/** Whether the click that follows belongs to a drag. */
let dragged = false;

function down(event: PointerEvent): void {
  dragged = false;
  const content = event.currentTarget as HTMLElement;
  const [x, y] = placeOf(event, content);
  const cursor = y < AXIS;
  if (event.button !== 0 || (event.pointerType === "touch" && !cursor)) return;
  drag = {
    id: event.pointerId, x: event.clientX, y: event.clientY, left: scroller!.scrollLeft, top: scroller!.scrollTop,
    moved: false, cursor,
  };
  if (cursor) {
    moveTo(stepNear(x));
    drag.moved = true;
    content.setPointerCapture(event.pointerId);
  }
}

function move(event: PointerEvent): void {
  const content = event.currentTarget as HTMLElement;
  const [x, y] = placeOf(event, content);
  if (drag === null || drag.id !== event.pointerId) {
    hovered.value = event.pointerType === "touch" ? null : markNear(x, y);
    dismissed.value = false;
    return;
  }
  if (drag.cursor) {
    moveTo(stepNear(x));
    return;
  }
  const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
  if (!drag.moved && Math.hypot(dx, dy) < 5) return;
  if (!drag.moved) {
    drag.moved = true;
    hovered.value = null;
    content.setPointerCapture(event.pointerId);
  }
  scroller!.scrollLeft = drag.left - dx;
  scroller!.scrollTop = drag.top - dy;
}

function up(): void {
  dragged = drag?.moved ?? false;
  drag = null;
}

function click(event: MouseEvent): void {
  if (dragged) return;
  choose(...placeOf(event, event.currentTarget as HTMLElement));
}

function wheel(event: WheelEvent): void {
  const box = scroller!;
  if (event.ctrlKey || event.metaKey) {
    event.preventDefault();
    const place = event.clientX - box.getBoundingClientRect().left - gutter.value;
    const pixels = event.deltaMode === 0 ? event.deltaY : event.deltaY * 30;
    zoomBy(Math.exp(-Math.max(-120, Math.min(120, pixels)) / 300), place);
  } else if (!event.shiftKey && event.deltaX === 0) {
    // Time is what is moved through; lanes that do not fit are scrolled to at its ends, by dragging and by ↑ ↓.
    const before = box.scrollLeft;
    box.scrollLeft += event.deltaMode === 0 ? event.deltaY : event.deltaY * 30;
    if (box.scrollLeft !== before) event.preventDefault();
  }
}

// ---- the keyboard ------------------------------------------------------------------------------------------

function act(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const now = drawn.value;
  const seen = Math.max(1, Math.round(room.value / 60));
  switch (event.key) {
    case "ArrowRight":
    case "ArrowLeft": {
      const forward = event.key === "ArrowRight";
      if (event.shiftKey) invoke(forward ? "next-fault" : "previous-fault");
      else moveTo(step.value + (forward ? 1 : -1));
      return true;
    }
    case "PageDown":
    case "PageUp":
      moveTo(step.value + (event.key === "PageDown" ? seen : -seen));
      return true;
    case "Home":
      moveTo(0);
      return true;
    case "End":
      moveTo(now?.steps ?? 0);
      return true;
    case "+":
    case "=":
      zoomBy(1.5);
      return event.key === "+";
    case "-":
      zoomBy(1 / 1.5);
      return true;
    case "0":
      fit();
      return true;
    case " ":
      invoke("play-pause");
      return true;
    case "Enter":
      invoke("diagram-causes");
      return true;
    case "Escape":
      if (dismissed.value || (hovered.value === null && !focused.value)) return false;
      dismissed.value = true;
      return true;
    default:
      return false;
  }
}

function press(event: KeyboardEvent): void {
  if (event.key !== "Escape") dismissed.value = false;
  if (!act(event)) return;
  event.preventDefault();
  event.stopPropagation();
}

// ---- all of it ---------------------------------------------------------------------------------------------

function watch(element: HTMLElement): () => void {
  scroller = element;
  const measure = (): void => {
    box.value = { width: element.clientWidth, height: element.clientHeight };
  };
  const sizes = new ResizeObserver(measure);
  sizes.observe(element);
  measure();
  scrolled.value = element.scrollLeft;
  const scroll = (): void => {
    scrolled.value = element.scrollLeft;
  };
  element.addEventListener("scroll", scroll, { passive: true });
  element.addEventListener("wheel", wheel, { passive: false });
  const stop = effect(() => {
    const now = drawn.value;
    if (now === null || step.value > now.steps) return;
    const x = xOf(now.track, mode.value, zooms[mode.value].peek() ?? zoom.value, step.value);
    // After what has grown is drawn, there is room to scroll to.
    if (awaited === null) queueMicrotask(() => scroller !== null && requestAnimationFrame(() => follow(x)));
  });
  return () => {
    stop();
    sizes.disconnect();
    element.removeEventListener("scroll", scroll);
    element.removeEventListener("wheel", wheel);
    scroller = null;
  };
}

/** The slider says where the cursor is, and what happened there. */
function said(): string {
  const now = drawn.value;
  if (now === null || step.value > now.steps) return "";
  if (step.value === 0) return text("atStart", { steps: now.steps });
  return `${text("at", { step: step.value, steps: now.steps })}. ${sentenceOf(now.track.events[step.value - 1]!)}`;
}

function Content() {
  const now = drawn.value!;
  const { height: high, lane } = places(now.track, row.value);
  // Between the first two lanes, on neither.
  const free = lane(0) + row.value / 2;
  return (
    <div class="diagram-content" style={{ width: `${gutter.value + width.value}px`, minHeight: `${high}px` }}>
      <Gutter />
      <div
        class="diagram-run" style={{ width: `${width.value}px` }} onPointerDown={down} onPointerMove={move} onPointerUp={up}
        onPointerCancel={up} onPointerLeave={() => (hovered.value = null)} onClick={click}
      >
        <Picture />
        <Cursor />
        <Hovered />
        <div class="diagram-grip" style={{ height: `${AXIS}px` }} />
        {now.steps === 0 && <p class="diagram-nothing" style={{ top: `${free}px` }}>{text("nothing")}</p>}
      </div>
    </div>
  );
}

export function Canvas() {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => watch(element.current!), []);
  // A new zoom has its width now.
  const shown = zoom.value;
  useLayoutEffect(() => {
    if (awaited !== null) scrollTo(awaited);
    awaited = null;
  }, [shown]);
  const now = drawn.value;
  if (now === null) return null;
  const tip = dismissed.value ? null : (hovered.value ?? (focused.value && step.value > 0 ? step.value : null));
  return (
    <>
      <div
        ref={element} class="diagram-scroller" role="slider" tabIndex={0} aria-label={text("cursor")} aria-valuemin={0}
        aria-valuemax={now.steps} aria-valuenow={Math.min(step.value, now.steps)} aria-valuetext={said()}
        aria-orientation="horizontal" data-keys onKeyDown={press}
        onFocus={(event) => (focused.value = (event.target as Element).matches(":focus-visible"))}
        onBlur={() => (focused.value = false)}
      >
        <Content />
      </div>
      {tip !== null && tip <= now.steps && <Tip at={tip} place={placeOnScreen(tip)} />}
    </>
  );
}

/** Where the mark of a step is on the screen. */
function placeOnScreen(at: number): { x: number; y: number } {
  const { track } = drawn.value!;
  const mark = markOf(track, mode.value, zoom.value, places(track, row.value), at);
  const outer = scroller?.getBoundingClientRect();
  return {
    x: (outer?.left ?? 0) + gutter.value + mark.x - scrolled.value,
    y: (outer?.top ?? 0) + mark.y - (scroller?.scrollTop ?? 0),
  };
}


