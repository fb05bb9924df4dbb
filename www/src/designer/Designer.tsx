/** A cluster drawn by hand, and what it can promise before it runs: every answer is the plan of the core. */
import { signal } from "@preact/signals";
import { reason } from "../api/reason";
import { useEffect, useRef, useState } from "preact/hooks";
import { planModel } from "../api/plan";
import { Button, Section } from "../panels/parts";
import { park } from "../panels/sessions";
import { check } from "../panels/checking";
import { narrow, room, showPanel } from "../state/room";
import { keepNames } from "../state/drawn";
import { sandbox } from "../state/start";
import { open, trouble } from "../state/store";
import { answer, canUndo, design, drawn, FILE, placeOf, preset, presets, setText, take, toml, undo } from "./designing";
import { ClusterEditor, NodeEditor } from "./Editor";
import { Picture } from "./Picture";
import { Results, WhatIf } from "./Results";
import { text } from "./text";
import "./designer.css";

type Tab = "answers" | "file" | "text";
const tab = signal<Tab>("answers");

export function Designer() {
  const { plan, error } = answer.value;
  const { unread } = drawn.value;
  const name = unread === null ? design.value.name : (plan?.name ?? "");
  return (
    <div class="panels designer">
      <header class="designer-top">
        <div>
          <h1 class="designer-title">{text("title")}</h1>
          <p class="panels-soft">{text("lead")}</p>
        </div>
        <div class="panels-row designer-tools">
          <label class="panels-field">
            <span>{text("preset")}</span>
            <select value={preset.value ?? ""} onChange={(event) => take(event.currentTarget.value)}>
              {preset.value === null && <option value="">{text("own")}</option>}
              {presets.map((one) => <option key={one.name} value={one.name}>{one.name}</option>)}
            </select>
          </label>
          <Button disabled={!canUndo.value} onClick={undo}><span aria-hidden="true">↶ </span>{text("undo")}</Button>
          <Explore />
        </div>
      </header>
      <div class="designer-main">
        <section class="designer-left" aria-label={text("picture")}>
          <div class="panels-row is-apart">
            <h2 class="panels-title">{name === "" ? "–" : name}</h2>
            {plan !== null
              ? <span class="panels-holds is-good"><span aria-hidden="true">✓</span> {text("valid")}</span>
              : <span class="panels-holds is-bad"><span aria-hidden="true">✗</span> {text("refused")}</span>}
          </div>
          {unread !== null && <p class="panels-note is-warn">{text("unread")} <span lang="en">{unread}</span></p>}
          {error !== null && <Refusal error={error} />}
          {/* Out of reach while another text is at hand. */}
          <div class="designer-drawn" inert={unread !== null}>
            <Picture />
            {plan !== null && unread === null && <WhatIf plan={plan} />}
            <NodeEditor />
            <Section title={text("policy")} open={!narrow.value}><ClusterEditor /></Section>
          </div>
        </section>
        <section class="designer-right">
          <Tabs />
          <div id="designer-tab" role="tabpanel" aria-labelledby={`designer-tab-${tab.value}`} class="designer-tab">
            {tab.value === "file" && <FileText />}
            {tab.value === "answers" && (plan !== null ? <Results plan={plan} /> : <p class="panels-soft">{text("no-answers")}</p>)}
            {tab.value === "text" && <PlanText />}
          </div>
        </section>
      </div>
    </div>
  );
}

function Refusal({ error }: { error: string }) {
  const place = placeOf(error);
  return (
    <div class="panels-note is-bad designer-refusal" role="alert">
      <p lang="en">{error}</p>
      {place !== null && <p><Button small onClick={() => { tab.value = "file"; sought.value = place; }}>{text("to-line", { n: place.line })}</Button></p>}
    </div>
  );
}

function Explore() {
  const { plan } = answer.value;
  const possible = plan !== null;
  const enter = (then: () => void): void => {
    try {
      const model = planModel(FILE, toml.value);
      park();
      keepNames(model, plan?.nodes.map(({ name }) => name) ?? []);
      open(sandbox(model));
      room.value = "play";
      then();
    } catch (error) {
      trouble.value = reason(error);
    }
  };
  return (
    <>
      <Button kind="main" disabled={!possible} onClick={() => enter(() => showPanel("inspector"))}><span aria-hidden="true">▶ </span>{text("explore")}</Button>
      <Button disabled={!possible} onClick={() => enter(() => check("start"))}>{text("check")}</Button>
    </>
  );
}

const TABS: Tab[] = ["answers", "file", "text"];

function Tabs() {
  const key = (event: KeyboardEvent): void => {
    const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (by === 0) return;
    event.preventDefault();
    tab.value = TABS[(TABS.indexOf(tab.value) + by + TABS.length) % TABS.length]!;
    document.getElementById(`designer-tab-${tab.value}`)?.focus();
  };
  return (
    <div class="designer-tabs" role="tablist" aria-label={text("tabs")} onKeyDown={key}>
      {TABS.map((one) => (
        <button key={one} type="button" role="tab" id={`designer-tab-${one}`} aria-selected={tab.value === one} aria-controls="designer-tab"
          tabIndex={tab.value === one ? 0 : -1} onClick={() => (tab.value = one)}>
          {text(`tab-${one}`)}
        </button>
      ))}
    </div>
  );
}

/** Where the text is to be looked at. */
const sought = signal<{ line: number; column: number } | null>(null);

function FileText() {
  const area = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    const place = sought.value;
    const box = area.current;
    if (place === null || box === null) return;
    const lines = box.value.split("\n");
    const start = lines.slice(0, place.line - 1).reduce((sum, line) => sum + line.length + 1, 0);
    box.focus();
    box.setSelectionRange(start, start + (lines[place.line - 1]?.length ?? 0));
    box.scrollTop = Math.max(0, (place.line - 4) * (box.scrollHeight / Math.max(1, lines.length)));
    sought.value = null;
  }, [sought.value]);
  return (
    <div class="designer-file">
      <div class="panels-row is-apart">
        <label for="designer-toml" class="panels-soft">{text("file-note")}</label>
        <Copy of={toml.value} />
      </div>
      <textarea id="designer-toml" ref={area} class="designer-toml" spellcheck={false} autocomplete="off" autocapitalize="off" rows={Math.min(40, Math.max(16, toml.value.split("\n").length + 1))}
        value={toml.value} onInput={(event) => setText(event.currentTarget.value)} />
    </div>
  );
}

function PlanText() {
  const { text: said, error } = answer.value;
  const shown = error ?? said;
  return (
    <div class="designer-file">
      <div class="panels-row is-apart">
        <p class="panels-soft">{text("text-note")} <code>quorate plan {FILE}</code></p>
        <Copy of={shown} />
      </div>
      <pre class="designer-text" lang="en" tabIndex={0}>{shown}</pre>
    </div>
  );
}

function Copy({ of }: { of: string }) {
  const [done, setDone] = useState(false);
  const copy = (): void => {
    navigator.clipboard.writeText(of).then(() => {
      setDone(true);
      setTimeout(() => setDone(false), 1500);
    }, () => (trouble.value = text("copy-failed")));
  };
  return <Button small onClick={copy}><span aria-live="polite">{text(done ? "copied" : "copy")}</span></Button>;
}
