import type { ComponentType } from "preact";
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { busy } from "../panels/busy";
import "../panels/commands";
import { narrow, panel, type Panel } from "../state/room";
import { view } from "../state/store";
import { Boundary } from "./Boundary";
import { later } from "./later";
import { text } from "./text";

const Diagram = later(async () => (await import("../diagram/Diagram")).Diagram);
const Inspector = later(async () => (await import("../panels/Inspector")).Inspector);
const Invariants = later(async () => (await import("../panels/Invariants")).Invariants);
const CheckPanel = later(async () => (await import("../panels/Check")).CheckPanel);
const RulesPanel = later(async () => (await import("../panels/Rules")).RulesPanel);
const Compare = later(async () => (await import("../panels/Compare")).Compare);
const Challenge = later(async () => (await import("../panels/Challenge")).Challenge);

type Title = "inspector" | "invariants" | "checkTab" | "rules" | "compare" | "challenge";

const PANELS: [Panel, Title, ComponentType][] = [
  ["inspector", "inspector", Inspector],
  ["invariants", "invariants", Invariants],
  ["check", "checkTab", CheckPanel],
  ["rules", "rules", RulesPanel],
  ["compare", "compare", Compare],
  ["challenge", "challenge", Challenge],
];

/** On a narrow screen the diagram is a tab before the others; asking for a panel leaves it. */
const onDiagram = signal(true);
/** How high the drawer of a narrow screen is. */
export const drawer = signal<"low" | "half" | "high">("half");

/** Shows the panel that was asked for, also where the diagram stands before it or the drawer is down. */
function bringForward(): void {
  onDiagram.value = false;
  if (drawer.value === "low") drawer.value = "half";
}

function Broken() {
  const broken = view.value?.invariants.some((one) => !one.holds) ?? false;
  return broken ? <span class="tab-mark" aria-hidden="true"> ✗</span> : null;
}

/** Arrow keys go from tab to tab. */
function walk(event: KeyboardEvent): void {
  const all = [...(event.currentTarget as Element).querySelectorAll<HTMLElement>("[role=tab]")];
  const at = all.indexOf(document.activeElement as HTMLElement);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
  if (to === undefined || at < 0) return;
  event.preventDefault();
  const next = all[(to + all.length) % all.length]!;
  next.focus();
  next.click();
}

export function Panels() {
  const list = useRef<HTMLDivElement>(null);
  const asked = panel.value;
  const last = useRef(asked);
  if (last.current !== asked) {
    last.current = asked;
    bringForward();
  }
  // A check that begins is shown, also if its panel was the one asked for before.
  const searching = busy.value;
  useEffect(() => {
    if (searching && panel.peek() === "check") bringForward();
  }, [searching]);
  const diagram = narrow.value && onDiagram.value;
  const shown = diagram ? "diagram" : asked;
  useEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView?.({ block: "nearest", inline: "nearest" });
  }, [shown]);
  const tabs = PANELS.map(([name, title]) => ({ name: name as string, title: text(title) as string, open: () => {
    onDiagram.value = false;
    last.current = name;
    panel.value = name;
  } }));
  if (narrow.value) tabs.unshift({ name: "diagram", title: text("diagramTab"), open: () => (onDiagram.value = true) });
  const Room = diagram ? Diagram : PANELS.find(([name]) => name === asked)![2];
  return (
    <section class="shell-panels" aria-label={text("panels")}>
      <div class="shell-tabbar">
        <div class="tabs" role="tablist" ref={list} onKeyDown={walk}>
          {tabs.map(({ name, title, open }) => (
            <button
              key={name}
              type="button"
              role="tab"
              id={`tab-${name}`}
              aria-selected={shown === name}
              aria-controls="shell-panel"
              tabIndex={shown === name ? 0 : -1}
              onClick={() => {
                open();
                if (drawer.value === "low") drawer.value = "half";
              }}
            >
              {title}
              {name === "invariants" && <Boundary quiet><Broken /></Boundary>}
            </button>
          ))}
        </div>
        {narrow.value && <Drawer />}
      </div>
      <div class={`shell-panel ${diagram ? "flush" : ""}`} id="shell-panel" role="tabpanel" aria-labelledby={`tab-${shown}`} tabIndex={0} data-keys={diagram || undefined}>
        <Boundary key={shown}><Room /></Boundary>
      </div>
    </section>
  );
}

function Drawer() {
  const low = drawer.value === "low";
  const high = drawer.value === "high";
  return (
    <>
      <button type="button" class="button quiet icon" disabled={high} aria-label={text("drawerMore")} title={text("drawerMore")} onClick={() => (drawer.value = low ? "half" : "high")}>
        <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path d="M3 10.5 8 5.5l5 5" /></svg>
      </button>
      <button type="button" class="button quiet icon" disabled={low} aria-label={text("drawerLess")} title={text("drawerLess")} onClick={() => (drawer.value = high ? "half" : "low")}>
        <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path d="M3 5.5 8 10.5l5-5" /></svg>
      </button>
    </>
  );
}
