/** Zones and the nodes in them: taken hold of, moved, failed. */
import { useRef, useState } from "preact/hooks";
import { added, removed, withNode, zonesOf, type Design, type Member } from "./design";
import { answer, chosen, design, edit, failed, lit, toggle } from "./designing";
import { text } from "./text";

/** Where something is dropped: into a zone, into none, into a new one. */
type Target = { zone: string | null } | "new" | null;

interface Drag {
  index: number;
  x: number;
  y: number;
  over: Target;
}

const NEW = "\u0000new";
const NONE = "\u0000none";

function targetAt(x: number, y: number): Target {
  const box = document.elementFromPoint(x, y)?.closest<HTMLElement>("[data-zone]");
  const name = box?.dataset["zone"];
  if (name === undefined) return null;
  return name === NEW ? "new" : { zone: name === NONE ? null : name };
}

export function newZone(of: Design): string {
  const taken = new Set(of.nodes.map((node) => node.zone));
  for (let count = 1; ; count += 1) if (!taken.has(`zone-${count}`)) return `zone-${count}`;
}

function drop(index: number, target: Target): void {
  const node = design.value.nodes[index];
  if (target === null || node === undefined) return;
  const zone = target === "new" ? newZone(design.value) : target.zone;
  if (zone !== node.zone) edit((of) => withNode(of, index, { zone }));
}

/** Moves a node to the zone before or after its own. */
function shift(index: number, by: number): void {
  const zones = zonesOf(design.value);
  const at = zones.indexOf(design.value.nodes[index]?.zone ?? null);
  const next = zones[at + by];
  if (next !== undefined) drop(index, { zone: next });
  else if (by > 0) drop(index, "new");
}

export function Picture() {
  const [drag, setDrag] = useState<Drag | null>(null);
  const zones = zonesOf(design.value);
  const box = useRef<HTMLDivElement>(null);
  return (
    <div class={`designer-picture${drag === null ? "" : " is-dragging"}`} ref={box} role="group" aria-label={text("picture")}>
      {zones.map((zone) => <Zone key={zone ?? NONE} zone={zone} alone={zones.length === 1 && zone === null} drag={drag} setDrag={setDrag} />)}
      <div class={`designer-zone is-new${drag?.over === "new" ? " is-over" : ""}`} data-zone={NEW}>
        <button type="button" class="designer-add" onClick={() => edit((of) => added(of, newZone(of), true))}>
          <span aria-hidden="true">+ </span>{text("add-zone")}
        </button>
        <span class="panels-soft">{text("drop-new")}</span>
      </div>
    </div>
  );
}

interface Dragging {
  drag: Drag | null;
  setDrag: (next: Drag | null) => void;
}

function Zone({ zone, alone, drag, setDrag }: { zone: string | null; alone: boolean } & Dragging) {
  const nodes = design.value.nodes.map((node, index) => ({ node, index })).filter(({ node }) => node.zone === zone);
  const names = nodes.map(({ node }) => node.name);
  const down = names.length > 0 && names.every((name) => failed.value.has(name));
  const over = drag !== null && drag.over !== null && drag.over !== "new" && drag.over.zone === zone;
  const title = zone ?? (alone ? text("no-zones") : text("no-zone"));
  return (
    <section class={`designer-zone${down ? " is-down" : ""}${over ? " is-over" : ""}${zone === null ? " is-none" : ""}`} data-zone={zone ?? NONE} aria-label={title}>
      <header class="designer-zone-head">
        <h3 class="panels-h">{zone !== null && <span class="panels-soft">{text("zone")} </span>}{title}</h3>
        {zone !== null && <Power down={down} what={`${text("zone")} ${zone}`} onClick={() => toggle(names)} />}
      </header>
      <div class="designer-nodes">
        {nodes.map(({ node, index }) => <Card key={index} node={node} index={index} drag={drag} setDrag={setDrag} />)}
      </div>
      <footer class="panels-row">
        <button type="button" class="designer-add" onClick={() => edit((of) => added(of, zone, true))}><span aria-hidden="true">+ </span>{text("add-data")}</button>
        <button type="button" class="designer-add" onClick={() => edit((of) => added(of, zone, false))}><span aria-hidden="true">+ </span>{text("add-witness")}</button>
      </footer>
    </section>
  );
}

function Power({ down, what, onClick, round }: { down: boolean; what: string; onClick: () => void; round?: boolean }) {
  const word = text(down ? "restore" : "fail");
  return (
    <button type="button" class={`designer-power${down ? " is-down" : ""}${round ? " is-round" : ""}`} aria-pressed={down} aria-label={`${word}: ${what}`} title={`${word}: ${what}`} onClick={onClick}>
      <span aria-hidden="true">{down ? "↺" : "✕"}</span>{!round && ` ${word}`}
    </button>
  );
}

/** What a node is, by glyph and word. */
function kindOf(node: Member, learner: boolean): { glyph: string; word: string } {
  if (node.data && node.vote) return { glyph: "▣", word: text("is-member") };
  if (node.vote) return answer.value.plan?.acks === null ? { glyph: "▣", word: text("is-elected") } : { glyph: "◇", word: text("is-witness") };
  if (node.data) return learner ? { glyph: "▤", word: text("is-learner") } : { glyph: "▥", word: text("is-replica") };
  return { glyph: "·", word: text("is-nothing") };
}

function Card({ node, index, drag, setDrag }: { node: Member; index: number } & Dragging) {
  const start = useRef<{ x: number; y: number } | null>(null);
  const planned = answer.value.plan?.nodes.find((one) => one.name === node.name);
  const { glyph, word } = kindOf(node, planned?.learner ?? false);
  const down = failed.value.has(node.name);
  const held = drag?.index === index ? drag : null;
  const begin = (event: PointerEvent): void => {
    if (event.button !== 0 || (event.target as Element).closest(".designer-power") !== null) return;
    // A finger scrolls the page unless it takes the handle.
    if (event.pointerType !== "mouse" && (event.target as Element).closest(".designer-handle") === null) return;
    start.current = { x: event.clientX, y: event.clientY };
  };
  const move = (event: PointerEvent): void => {
    const from = start.current;
    if (from === null) return;
    const [x, y] = [event.clientX - from.x, event.clientY - from.y];
    if (held === null && Math.hypot(x, y) < 6) return;
    if (held === null) (event.currentTarget as Element).setPointerCapture(event.pointerId);
    setDrag({ index, x, y, over: targetAt(event.clientX, event.clientY) });
  };
  const end = (event: PointerEvent): void => {
    if (held !== null && event.type === "pointerup") drop(index, held.over);
    start.current = null;
    setDrag(null);
  };
  const key = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "ArrowRight" || event.key === "ArrowLeft") shift(index, event.key === "ArrowRight" ? 1 : -1);
    else if (event.key === "Delete") {
      chosen.value = null;
      edit((of) => removed(of, index));
    } else return;
    event.preventDefault();
    // The card is another one in its new zone.
    const name = node.name;
    requestAnimationFrame(() => document.querySelector<HTMLElement>(`[data-node="${CSS.escape(name)}"]`)?.focus());
  };
  const classes = ["designer-card", down ? "is-down" : "", held === null ? "" : "is-held", chosen.value === index ? "is-chosen" : "", lit.value.has(node.name) ? "is-lit" : ""];
  return (
    <div
      class={classes.filter(Boolean).join(" ")}
      style={held === null ? undefined : { transform: `translate(${held.x}px, ${held.y}px)` }}
      onPointerDown={begin} onPointerMove={move} onPointerUp={end} onPointerCancel={end}
    >
      <span class="designer-handle" aria-hidden="true">⠿</span>
      <button type="button" class="designer-name" data-node={node.name} aria-pressed={chosen.value === index} aria-keyshortcuts="ArrowLeft ArrowRight Delete"
        title={text("card-keys")} onClick={() => { if (held === null) chosen.value = chosen.value === index ? null : index; }} onKeyDown={key}>
        <span class="designer-glyph" aria-hidden="true">{glyph}</span> <span class="designer-node">{node.name === "" ? "–" : node.name}</span>
        <span class="designer-kind">{down && <strong>{text("failed")} · </strong>}{word}{node.priority > 0 ? ` · ${text("priority")} ${node.priority}` : ""}</span>
      </button>
      <Power round down={down} what={node.name} onClick={() => toggle([node.name])} />
    </div>
  );
}
