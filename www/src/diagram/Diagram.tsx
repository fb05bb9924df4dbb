/** The space-time diagram of the branch that is shown, and the same as a list. */
import { useEffect } from "preact/hooks";
import { register } from "../state/commands";
import { narrow } from "../state/room";
import { about, step } from "../state/store";
import { Canvas, fit, zoomBy } from "./Canvas";
import { Legend } from "./Legend";
import { List } from "./List";
import { Minimap } from "./Minimap";
import { causesSentence, drawn, mode, selectedStep, setMode, tab, toggleCauses, type Tab } from "./state";
import { text } from "./text";
import "./epochs.css";
import "./diagram.css";

const other = { time: "steps", steps: "time" } as const;

function commands(): () => void {
  return register(
    {
      id: "diagram-mode", group: "view", title: () => text("cmdMode"), keys: ["t"],
      enabled: () => about.value?.timed === true, run: () => setMode(other[mode.value]),
    },
    {
      id: "diagram-causes", group: "view", title: () => text("cmdCauses"), keys: ["a"],
      enabled: () => step.value > 0 || selectedStep.value !== null, run: toggleCauses,
    },
    { id: "diagram-fit", group: "view", title: () => text("cmdFit"), enabled: () => tab.value === "diagram", run: fit },
    {
      id: "diagram-list", group: "view", title: () => text("cmdList"),
      run: () => (tab.value = tab.value === "list" ? "diagram" : "list"),
    },
  );
}

const TABS: readonly (readonly [Tab, "tabDiagram" | "tabList"])[] = [["diagram", "tabDiagram"], ["list", "tabList"]];

function Tabs() {
  const turn = (event: KeyboardEvent): void => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    event.preventDefault();
    event.stopPropagation();
    tab.value = tab.value === "list" ? "diagram" : "list";
    document.getElementById(`diagram-tab-${tab.value}`)?.focus();
  };
  return (
    <div class="tabs diagram-tabs" role="tablist" aria-label={text("views")} onKeyDown={turn}>
      {TABS.map(([name, title]) => (
        <button
          key={name} type="button" role="tab" id={`diagram-tab-${name}`} aria-selected={tab.value === name}
          aria-controls="diagram-panel" tabIndex={tab.value === name ? 0 : -1} onClick={() => (tab.value = name)}
        >
          {text(title)}
        </button>
      ))}
    </div>
  );
}

function ModeSwitch() {
  const timed = about.value?.timed === true;
  return (
    <fieldset class="segments diagram-mode" disabled={!timed} title={timed ? undefined : text("noTime")}>
      <legend class="unseen">{text("axis")}</legend>
      {(["time", "steps"] as const).map((one) => (
        <label key={one} class="segment">
          <input type="radio" name="diagram-mode" checked={mode.value === one} onChange={() => setMode(one)} />
          <span>{text(one)}</span>
        </label>
      ))}
    </fieldset>
  );
}

function CausesSwitch() {
  const on = selectedStep.value !== null;
  return (
    <button
      type="button" class={`button quiet diagram-causes ${on ? "on" : ""}`} aria-pressed={on} title={text("causesTitle")}
      disabled={!on && step.value === 0} onClick={toggleCauses}
    >
      {text("causes")}
    </button>
  );
}

function Said() {
  const sentence = causesSentence.value;
  return <p class="diagram-said soft" title={sentence ?? undefined}>{sentence}</p>;
}

export function Diagram() {
  useEffect(commands, []);
  if (drawn.value === null) return null;
  const list = tab.value === "list";
  return (
    <div class="diagram">
      <div class="diagram-bar">
        <Tabs />
        <Said />
        {!list && (
          <div class="diagram-tools">
            <CausesSwitch />
            <Legend />
            {(about.value?.timed === true || !narrow.value) && <ModeSwitch />}
            <div class="diagram-zoom">
              <button type="button" class="button quiet icon" aria-label={text("zoomOut")} title={`${text("zoomOut")} (−)`} onClick={() => zoomBy(1 / 1.5)}>−</button>
              <button type="button" class="button quiet icon" aria-label={text("zoomIn")} title={`${text("zoomIn")} (+)`} onClick={() => zoomBy(1.5)}>+</button>
              <button type="button" class="button quiet" onClick={fit}>{text("fit")}</button>
            </div>
          </div>
        )}
      </div>
      <div class="diagram-panel" id="diagram-panel" role="tabpanel" aria-labelledby={`diagram-tab-${tab.value}`}>
        {list ? <List /> : <><Canvas /><Minimap /></>}
      </div>
    </div>
  );
}
