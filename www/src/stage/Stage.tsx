/** The stage: the moment that is shown, and everything that can be done in it. */
import { effect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { EventView, View } from "../api/types";
import { narrow } from "../state/room";
import { about, announcement, event, goTo, selection, view } from "../state/store";
import { cutReason, heal, nameOf, passTime, perform, say, type Action } from "./actions";
import { CutDialog } from "./Cut";
import { Flight } from "./Flight";
import { crashPrimary, registerStage, toggleRun, writeSomewhere } from "./keys";
import { Menu, openMenu } from "./Menu";
import { electPrimary, running } from "./run";
import { Scene, type SceneHands } from "./Scene";
import { cutting, notice, primaryOf, type Target } from "./state";
import { text } from "./text";
import "./stage.css";

const ICONS = {
  crash: "M9.5 1 3 10h4l-1.500 6L13 6.500H8.500Z",
  elect: "M2 13 1 4.500 5 8 8 2.500 11 8 15 4.500 14 13Z",
  write: "M2 14 2.800 10.500 11 2.300 13.700 5 5.500 13.200ZM9.500 3.800 12.200 6.500",
  run: "M4 2.500 13 8 4 13.500Z",
  stop: "M3.500 3.500H12.500V12.500H3.500Z",
  time: "M8 1.500a6.500 6.500 0 1 0 .01 0ZM8 4.500V8L10.500 9.500",
  cut: "M3 13 12 2M13 13 4 2M3 15a2 2 0 1 0-.01-4a2 2 0 1 0 .01 4ZM13 15a2 2 0 1 0-.01-4a2 2 0 1 0 .01 4Z",
};

interface ToolProps {
  icon: keyof typeof ICONS;
  label: string;
  why?: string | null;
  look?: string;
  /** The visible part of the label, where there is little place. */
  short?: string | null;
  keys: string;
  onPress: () => void;
}

function Tool({ icon, label, why = null, look = "", short = null, keys, onPress }: ToolProps) {
  return (
    <button
      type="button" class={`stage-tool ${look}`} aria-disabled={why !== null} aria-keyshortcuts={keys}
      title={why === null ? `${label} (${keys})` : `${label}: ${why}`} {...(short === null ? {} : { "aria-label": label })} onClick={onPress}
    >
      <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path d={ICONS[icon]} /></svg>
      <span>{short ?? label}</span>
    </button>
  );
}

function Toolbar({ shown }: { shown: View }) {
  const small = narrow.value;
  const primary = primaryOf(shown);
  const crash = crashPrimary();
  const put = writeSomewhere();
  const over = shown.broken !== null;
  const busy = running.value;
  const act = (action: Action) => (): void => perform(action);
  // The first button is now this, now that; it stays the same one for the focus. The second half of a double click is
  // not meant for what it has just become.
  const electing = primary === null && !over;
  const swapped = useRef({ electing, at: 0 });
  if (swapped.current.electing !== electing) swapped.current = { electing, at: performance.now() };
  const settled = (press: () => void) => (): void => {
    if (performance.now() - swapped.current.at > 400) press();
  };
  const whole = shown.cut === null;
  const cutWhy = whole ? cutReason() : null;
  const askCut = (): void => {
    if (!whole) perform(heal());
    else if (cutWhy === null) cutting.value = true;
    else say(`${text("cutTitle")}: ${cutWhy}.`);
  };
  return (
    <div class="stage-tools" role="group" aria-label={text("toolbar")}>
      {electing
        ? <Tool key="first" icon="elect" look="stage-tool-main" label={text("electPrimary")} keys="Shift+F" onPress={settled(electPrimary)} />
        : <Tool key="first" icon="crash" look="stage-tool-crash" label={text("crashPrimary")} why={crash.why} keys="Shift+C" onPress={settled(act(crash))} />}
      {electing && !small && <Tool icon="crash" look="stage-tool-crash" label={text("crashPrimary")} why={crash.why} keys="Shift+C" onPress={act(crash)} />}
      <Tool icon="write" label={text("write")} why={put.why} keys="W" onPress={act(put)} />
      <Tool icon={busy ? "stop" : "run"} look={busy ? "stage-tool-busy" : ""} label={text(busy ? "stop" : "run")} why={over ? text("whyOver") : null} keys="G" onPress={toggleRun} />
      {about.value?.timed && <Tool icon="time" label={text("timePasses")} why={passTime().why} short={small ? text("timeShort") : null} keys="." onPress={act(passTime())} />}
      <Tool icon="cut" label={text(whole ? "cut" : "heal")} why={whole ? cutWhy : heal().why} short={small ? text(whole ? "cutShort" : "healShort") : null} keys="X" onPress={askCut} />
    </div>
  );
}

/** A step as one sentence. */
export function sentence(step: EventView): string {
  const said = step.changes.length > 0 ? step.changes.join("; ") : "";
  return said === "" ? `${step.name}.` : `${step.name}: ${said}.`;
}

function Caption() {
  const [step, shown] = [event.value, view.value];
  if (shown === null) return null;
  const extra = notice.value;
  return (
    <p class={extra === null ? "stage-saying" : "stage-saying stage-noticed"}>
      <span class="stage-step">{text("step", { n: shown.depth })}</span>
      {extra !== null && <span class="stage-words" title={extra}>{extra}</span>}
      {extra === null && step === null && <span class="stage-words">{text(narrow.value ? "touchHint" : "hint")}</span>}
      {extra === null && step !== null && (
        <span class="stage-words" lang="en" title={sentence(step)}>
          <b>{step.name}</b>
          {step.changes.length > 0 && <> {step.changes.join("; ")}</>}
        </span>
      )}
      {about.value?.timed && <span class="stage-time">{text("time", { n: shown.time })}</span>}
    </p>
  );
}

function Clients() {
  const shown = view.value;
  if (shown === null) return null;
  const { issued, log, acked, reads } = shown.client;
  const open = (event: MouseEvent): void => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    openMenu({ kind: "clients" }, box.left, box.top - 8);
  };
  const scope = about.value?.model.scope;
  if (!scope?.writes && !scope?.reads) return null;
  return (
    <div class="stage-clients">
      <button type="button" class="stage-client" aria-haspopup="menu" aria-label={text("clientsLabel", { issued, acked })} onClick={open}>
        <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path d="M8 8a3 3 0 1 0-.01 0ZM2.500 14.500a5.500 5.500 0 0 1 11 0Z" /></svg>
        <span>{text("clients")}</span>
      </button>
      <span class="stage-tally">{issued === 0 ? text("noWrites") : `${text("written", { n: issued })} · ${text("acked", { n: acked })}`}</span>
      <ol class="stage-acks" aria-label={text("acked", { n: acked })}>
        {log.slice(-12).map((op, i) => {
          const done = Math.max(0, log.length - 12) + i < acked;
          return <li key={i} class={done ? "stage-acked" : ""} title={text(done ? "ackedOp" : "unackedOp", { op })}>{op}{done && <i aria-hidden="true">✓</i>}</li>;
        })}
      </ol>
      {reads.map((read) => <span key={read} class="stage-read" lang="en" title={read}>{read}</span>)}
    </div>
  );
}

function Broken() {
  const shown = view.value;
  if (shown?.broken == null) return null;
  const { invariant, why } = shown.broken;
  return (
    <div class="stage-broken" role="alert">
      <p lang="en"><b><span aria-hidden="true">✗</span> {invariant}</b> {why}</p>
      <p>{text("over")}</p>
      {shown.parent !== null && <button type="button" class="stage-tool" onClick={() => goTo(shown.parent!)}>{text("back")}</button>}
    </div>
  );
}

/** Says each step, at most once a second: the newest one. */
function tellSteps(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let told = -Infinity;
  let first = true;
  const end = effect(() => {
    const step = event.value;
    notice.value = null;
    if (first || step === null) {
      first = false;
      return;
    }
    clearTimeout(timer);
    const tell = (): void => {
      told = performance.now();
      announcement.value = sentence(step);
    };
    const wait = told + 1000 - performance.now();
    if (wait <= 0) tell();
    else timer = setTimeout(tell, wait);
  });
  return () => {
    end();
    clearTimeout(timer);
  };
}

export function Stage() {
  const root = useRef<HTMLDivElement>(null);
  const scene = useRef<SceneHands | null>(null);
  const seek = (selector: string): SVGGElement | null => root.current?.querySelector<SVGGElement>(selector) ?? null;

  useEffect(() => tellSteps(), []);
  useEffect(() => registerStage({
    focusNode: (node) => seek(`[data-node="${node}"]`)?.focus(),
    focusLetters: () => scene.current?.focusLetters(),
    focusClock: (node) => {
      const dial = seek(`[data-clock="${node}"][tabindex]`);
      if (dial === null) say(`${nameOf(node)}: ${text("whyClock")}.`);
      else dial.focus();
    },
    openMenu: () => {
      const chosen = selection.value;
      const target: Target | null = chosen === null || chosen.kind === "event" ? null : chosen;
      const of = chosen?.kind === "letter" ? seek(`[data-key="${chosen.letter}"]`) : chosen?.kind === "node" ? seek(`[data-node="${chosen.node}"]`) : null;
      const box = (of ?? root.current)?.getBoundingClientRect();
      if (target !== null && box !== undefined) openMenu(target, box.right + 4, box.top);
    },
  }), []);

  /** Where the focus goes when a menu closes: back to what it was about, or to what is next if that is gone. */
  const closed = (target: Target): void => {
    const back = target.kind === "letter" ? seek(`[data-key="${target.letter}"]`)
      : target.kind === "node" ? seek(`[data-node="${target.node}"]`)
        : target.kind === "resource" ? seek(".stage-resource") : root.current?.querySelector<HTMLElement>(".stage-client");
    back?.focus({ preventScroll: true });
  };

  if (view.value === null) return null;
  const broken = view.value.broken !== null;
  return (
    <div class={broken ? "stage stage-violated" : "stage"} data-keys ref={root}>
      <Toolbar shown={view.value} />
      <Caption />
      <Scene hands={scene} />
      <Broken />
      <div class="stage-foot">
        <Clients />
        <Flight />
      </div>
      <Menu onClosed={closed} />
      <CutDialog />
    </div>
  );
}
