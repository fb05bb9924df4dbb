/** The rules the protocol rests on: what each says, what it protects, and what goes wrong without it. */
import { signal } from "@preact/signals";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { rules, Session } from "../api/core";
import type { RuleView } from "../api/types";
import { about, attempt, session, show } from "../state/store";
import { ruleShown, showPanel } from "../state/room";
import { begin } from "./challenging";
import { cap, conclude, running, start } from "./checking";
import { Button, Core, counted, Jump, number } from "./parts";
import { Parked } from "./Parked";
import { park, reopen, type Parting } from "./sessions";
import { text } from "./text";
import "./rules.css";

const switched = signal<{ of: Session; rule: string; off: boolean; parted: Parting | null } | null>(null);

/** The same model with a rule switched, and the same choices as far as they go. */
function turn(rule: string, off: boolean): void {
  const { model } = about.value!;
  const without = (model.without ?? []).filter((name) => name !== rule);
  attempt(() => {
    const { parted } = reopen({ ...model, without: off ? [...without, rule] : without });
    switched.value = { of: session.value!, rule, off, parted };
  });
}

/** Opens the model that breaks without the rule, and looks for the shortest way. */
export function breakWithout(rule: RuleView): void {
  const { kill } = rule;
  if (kill === null || running.value !== null) return;
  attempt(() => {
    const next = Session.open(kill.model);
    const { moment } = next.walk(0, kill.beginning);
    park();
    show(next, moment, moment, "scenario");
    showPanel("check");
    start({ model: kill.model, beginning: kill.beginning, cap: Math.max(cap(), 2_000_000), then: conclude });
  });
}

export function RulesPanel() {
  const all = useMemo(rules, []);
  const [sought, seek] = useState("");
  const [off, onlyOff] = useState(false);
  const without = about.value?.off ?? [];
  const words = sought.toLowerCase().split(/\s+/).filter((word) => word !== "");
  const fits = (rule: RuleView): boolean => {
    const whole = `${rule.name} ${rule.sentence} ${rule.source} ${rule.kind} ${rule.machine} ${rule.protects.join(" ")}`.toLowerCase();
    return (!off || without.includes(rule.name)) && words.every((word) => whole.includes(word));
  };
  const found = all.filter(fits);
  const machines = [...new Set(found.map((rule) => rule.machine))];
  return (
    <div class="panels rules" role="region" aria-label={text("rules")}>
      <h2 class="panels-title">{text("rules-title", { n: number(all.length) })}</h2>
      <p class="panels-soft">{text("rules-note")}</p>
      <Parked />
      <div class="panels-row rules-search">
        <label class="panels-field rules-sought">
          <span>{text("search-rules")}</span>
          <input type="search" value={sought} onInput={(event) => seek(event.currentTarget.value)} />
        </label>
        <label class="panels-check"><input type="checkbox" checked={off} onChange={(event) => onlyOff(event.currentTarget.checked)} />{text("only-off", { n: without.length })}</label>
      </div>
      <Switched />
      <p class="panels-soft" role="status">{counted(found.length, "rules-found-one", "rules-found")}</p>
      {machines.map((machine) => (
        <section key={machine} class="panels-section">
          <h3 class="panels-h rules-machine"><Core>{machine}</Core></h3>
          <ul>{found.filter((rule) => rule.machine === machine).map((rule) => <Rule key={rule.name} rule={rule} off={without.includes(rule.name)} />)}</ul>
        </section>
      ))}
    </div>
  );
}

/** What came of switching the last rule. */
function Switched() {
  const last = switched.value;
  if (last === null || last.of !== session.value) return null;
  return (
    <p class={`panels-note ${last.off ? "is-warn" : "is-good"}`} role="status">
      {text(last.off ? "now-without" : "now-with")} <Core mono>{last.rule}</Core>.{" "}
      {last.parted === null
        ? text("same-course")
        : last.parted.why === null
          ? text("parts-differ", { n: last.parted.step + 1 })
          : <>{text("parts-stop", { n: last.parted.step })} <Core>{last.parted.why}</Core></>}
    </p>
  );
}

const KIND_GLYPH: Record<RuleView["kind"], string> = { safety: "◆", liveness: "↻", contract: "§", control: "◇" };

function Rule({ rule, off }: { rule: RuleView; off: boolean }) {
  const item = useRef<HTMLLIElement>(null);
  const asked = ruleShown.value === rule.name;
  const [open, setOpen] = useState(asked);
  useEffect(() => {
    if (!asked) return;
    setOpen(true);
    item.current?.scrollIntoView({ block: "nearest" });
    item.current?.querySelector<HTMLElement>(".rules-name")?.focus({ preventScroll: true });
  }, [asked]);
  return (
    <li ref={item} class={`rules-rule${off ? " is-off" : ""}${asked ? " is-asked" : ""}`}>
      <div class="rules-line">
        <button type="button" class="rules-name" aria-expanded={open} onClick={() => { setOpen(!open); if (asked) ruleShown.value = null; }}>
          <span class={`rules-kind is-${rule.kind}`} title={text(`kind-${rule.kind}`)}><span aria-hidden="true">{KIND_GLYPH[rule.kind]}</span></span>
          <code>{rule.name}</code>
        </button>
        <button type="button" role="switch" class="rules-switch" aria-checked={!off} aria-label={`${rule.name}: ${text(off ? "off" : "on")}`} onClick={() => turn(rule.name, !off)}>
          <span class="rules-knob" aria-hidden="true" />{text(off ? "off" : "on")}
        </button>
      </div>
      <p><Core>{rule.sentence}</Core></p>
      {open && <Details rule={rule} />}
    </li>
  );
}

function Details({ rule }: { rule: RuleView }) {
  const { kill } = rule;
  return (
    <div class="rules-details">
      <p><span class="panels-soft">{text("kind")}:</span> {text(`kind-${rule.kind}`)}</p>
      <p><span class="panels-soft">{text("source")}:</span> <Core>{rule.source}</Core></p>
      {rule.protects.length > 0 && (
        <p><span class="panels-soft">{text("protects")}:</span>{" "}
          {rule.protects.map((name, place) => <span key={name}>{place > 0 && ", "}<Core mono>{name}</Core></span>)}
        </p>
      )}
      {kill !== null
        ? (
          <>
            <p>{text("kill", { invariant: kill.invariant, n: kill.steps })}</p>
            <div class="panels-row">
              <Button disabled={running.value !== null} onClick={() => breakWithout(rule)}><span aria-hidden="true">↯ </span>{text("show-breaks")}</Button>
              <Button kind="plain" onClick={() => { begin(rule); }}><span aria-hidden="true">⚑ </span>{text("break-yourself")}</Button>
            </div>
          </>
        )
        : <p class="panels-note">{text(rule.kind === "control" ? "control-note" : rule.kind === "liveness" ? "liveness-note" : "no-kill-note")}</p>}
      {running.value !== null && kill !== null && <p><Jump onClick={() => showPanel("check")}>{text("search-runs")}</Jump></p>}
    </div>
  );
}
