/** An exhaustive search, in this page: asked, watched, cancelled, and said to be no more than it was. */
import type { Scope } from "../api/types";
import { about, moment, session, switchTo, branches } from "../state/store";
import { linkOf } from "./links";
import { showPanel } from "../state/room";
import { bundled, COUNTS, isWide, MAIN, MOST, type Count } from "./bounds";
import { ask, asked, cancel, check, elsewhere, failure, headline, inWords, keep, kept, proposed, proposedHere, replaced, running, stepShown, verdict, type Asked, type Running, type Verdict } from "./checking";
import { Frontier } from "./Frontier";
import { Parked } from "./Parked";
import { Button, bytes, clamp, Core, Holds, Jump, number, seconds, Section, taken } from "./parts";
import { text } from "./text";
import { useEffect, useRef, useState } from "preact/hooks";
import "./commands";
import "./check.css";

export function CheckPanel() {
  if (session.value === null || asked.value === null) return null;
  const busy = running.value;
  return (
    <div class="panels check-room" role="region" aria-label={text("check")}>
      <h2 class="panels-title">{text("check-title")}</h2>
      <p class="panels-soft">{text("check-note")}</p>
      {busy !== null && <Progress it={busy} />}
      {(busy === null || elsewhere.value) && <Starts />}
      {failure.value !== null && <p class="panels-note is-bad" role="alert">{text("check-failed")} <Core>{failure.value}</Core></p>}
      {verdict.value !== null && busy === null && <Said it={verdict.value} />}
      {replaced.value !== null && <Before it={replaced.value} />}
      <Parked />
      <Bounds it={asked.value} disabled={busy !== null && !elsewhere.value} />
    </div>
  );
}

function Starts() {
  const impossible = inWords.value !== null && "error" in inWords.value;
  const from = asked.value!.from;
  return (
    <div class="panels-row">
      <Button kind={from === "start" ? "main" : undefined} disabled={impossible && from === "start"} onClick={() => check("start")} title="Ctrl+Enter">
        <span aria-hidden="true">▶ </span>{text("check-start")}
      </Button>
      <Button kind={from === "here" ? "main" : undefined} disabled={impossible && from === "here"} onClick={() => check("here")} title="Ctrl+Shift+Enter">
        <span aria-hidden="true">⤳ </span>{text("check-here", { n: stepShown.value })}
      </Button>
    </div>
  );
}

// ---- bounds ---------------------------------------------------------------------------------------------

function Bounds({ it, disabled }: { it: Asked; disabled: boolean }) {
  const own = about.value!.model;
  const said = inWords.value!;
  const entries = it.from === "start" ? bundled(own) : [];
  const counted = it.rest.network === "counted";
  const more = COUNTS.filter((name) => !MAIN.includes(name) && (counted || (name !== "drops" && name !== "duplicates")));
  const edit = (change: Partial<Asked>): void => ask({ ...it, origin: "edited", ...change });
  const rest = (change: Partial<Scope>): void => edit({ rest: { ...it.rest, ...change } });
  return (
    <Section title={text(it.from === "here" ? "bounds-here" : "bounds")}>
      <div class="panels-row" role="radiogroup" aria-label={text("search-from")}>
        {(["start", "here"] as const).map((from) => (
          <label key={from} class="panels-check">
            <input type="radio" name="check-from" checked={it.from === from} disabled={disabled} onChange={() => ask(from === "start" ? proposed() : proposedHere())} />
            {text(from === "start" ? "from-start" : "from-here")}
          </label>
        ))}
      </div>
      {it.from === "start" && (
        <label class="panels-field">
          <span>{text("bounds-of")}</span>
          <select value={it.origin} disabled={disabled} onChange={(event) => ask(proposed(event.currentTarget.value))}>
            {entries.map((entry) => (
              <option key={entry.name} value={entry.name}>{entry.name}: {entry.about} ({entry.broken === null ? text("states-n", { n: number(entry.floor) }) : text("breaks-in", entry.broken)})</option>
            ))}
            <option value="small">{text("bounds-small")}</option>
            <option value="own">{text(isWide(own.scope) ? "bounds-own-wide" : "bounds-own")}</option>
            {it.origin === "edited" && <option value="edited">{text("bounds-edited")}</option>}
          </select>
        </label>
      )}
      <div class="check-bounds">
        {MAIN.map((name) => <Amount key={name} name={name} it={it} disabled={disabled} />)}
      </div>
      <div class="check-bounds is-two">
        <label class="panels-field">
          <span>{text("network")}</span>
          <select value={it.rest.network ?? "any"} disabled={disabled || it.from === "here"}
            onChange={(event) => edit(networked(it, event.currentTarget.value as "any"))}>
            <option value="any">{text("network-any")}</option>
            <option value="counted">{text("network-counted")}</option>
          </select>
        </label>
        <label class="panels-field">
          <span>{text("driver")}</span>
          <select value={it.rest.driver ?? "pipelined"} disabled={disabled || it.from === "here"}
            onChange={(event) => rest({ driver: event.currentTarget.value as "blocking" })}>
            <option value="blocking">{text("driver-blocking")}</option>
            <option value="pipelined">{text("driver-pipelined")}</option>
          </select>
        </label>
      </div>
      <Section title={text("more-bounds")} open={false}>
        <div class="check-bounds">
          {more.map((name) => <Amount key={name} name={name} it={it} disabled={disabled} />)}
          {it.rest.rates != null && <Rates rates={it.rest.rates} disabled={disabled || it.from === "here"} set={(rates) => rest({ rates })} />}
        </div>
        <div class="panels-row">
          {(["beats", "refusals", "harm_only", "noticed"] as const).map((name) => (
            <label key={name} class="panels-check">
              <input type="checkbox" checked={it.rest[name] ?? false} disabled={disabled || (it.from === "here" && name !== "harm_only")}
                onChange={(event) => rest({ [name]: event.currentTarget.checked })} />
              {text(`flag-${name}`)}
            </label>
          ))}
        </div>
      </Section>
      <label class="panels-field check-cap">
        <span>{text("cap")}</span>
        <input type="number" min={1000} max={20_000_000} step={100_000} value={it.cap} disabled={disabled}
          onChange={(event) => ask({ ...it, cap: taken(event.currentTarget, 1000, 20_000_000) })} />
      </label>
      {"bounds" in said
        ? <p class="panels-note">{text("explored")}: <Core>{said.bounds}</Core></p>
        : <p class="panels-note is-bad" role="alert"><Core>{said.error}</Core></p>}
    </Section>
  );
}

/** On a network that loses and repeats as it likes, single drops and doubles mean nothing. */
function networked(it: Asked, network: "any" | "counted"): Partial<Asked> {
  const counts = network === "any" ? { ...it.counts, drops: 0, duplicates: 0 } : it.counts;
  return { counts, rest: { ...it.rest, network } };
}

function Amount({ name, it, disabled }: { name: Count; it: Asked; disabled: boolean }) {
  const least = name === "epochs" && it.from === "start" ? 1 : 0;
  const set = (value: number): void =>
    ask({ ...it, origin: "edited", counts: { ...it.counts, [name]: clamp(value, least, MOST[name]) } });
  return (
    <label class="panels-field">
      <span>{it.from === "here" ? text("further", { what: text(`bound-${name}`) }) : text(`bound-${name}`)}</span>
      <input type="number" min={least} max={MOST[name]} value={it.counts[name]} disabled={disabled}
        onInput={(event) => { if (event.currentTarget.value !== "") set(event.currentTarget.valueAsNumber); }}
        onChange={(event) => (event.currentTarget.value = String(it.counts[name]))} />
    </label>
  );
}

function Rates({ rates, disabled, set }: { rates: [number, number]; disabled: boolean; set: (rates: [number, number]) => void }) {
  return (
    <div class="panels-field">
      <span>{text("rates")}</span>
      <span class="panels-row">
        <input type="number" min={1} max={20} value={rates[0]} disabled={disabled} aria-label={text("rate-slow")}
          onChange={(event) => set([taken(event.currentTarget, 1, rates[1]), rates[1]])} />
        :
        <input type="number" min={rates[0]} max={20} value={rates[1]} disabled={disabled} aria-label={text("rate-fast")}
          onChange={(event) => set([rates[0], taken(event.currentTarget, rates[0], 20)])} />
      </span>
    </div>
  );
}

// ---- progress -------------------------------------------------------------------------------------------

/** The newest search or verdict that was brought into sight. */
let brought = 0;

/** Of what, and from where. */
function searched(model: string, beginning: string[]): string {
  return text("searched", { model, from: beginning.length === 0 ? text("from-start") : text("from-step", { n: beginning.length }) });
}

function Progress({ it }: { it: Running }) {
  const { progress } = it;
  const element = useInSight(it.id);
  const rate = it.elapsed > 0 ? (progress.states / it.elapsed) * 1000 : 0;
  return (
    <div class="check-progress" aria-busy="true" ref={element}>
      <div class="panels-row is-apart">
        <strong>{text(it.cancelling ? "stopping" : progress.rash ? "searching-rash" : "searching")}</strong>
        <Button kind="danger" onClick={cancel} title="Esc"><span aria-hidden="true">■ </span>{text("cancel")}</Button>
      </div>
      <p>{searched(it.model.name, it.beginning)}</p>
      {elsewhere.value && !it.cancelling && <p class="panels-note is-warn">{text("search-elsewhere")}</p>}
      <dl class="check-numbers">
        <Figure label={text("states")} value={number(progress.states)} />
        <Figure label={text("per-second")} value={number(Math.round(rate))} />
        <Figure label={text("depth")} value={number(progress.depth)} />
        <Figure label={text("frontier")} value={number(progress.frontier)} />
        <Figure label={text("memory")} value={bytes(progress.bytes)} />
        <Figure label={text("time")} value={seconds(it.elapsed)} />
      </dl>
      <Frontier levels={progress.levels} />
      <p>{rest(it, rate)}</p>
      <p class="panels-note">{text("explored")}: <Core>{it.bounds}</Core></p>
    </div>
  );
}

function Figure({ label, value }: { label: string; value: string }) {
  return <div><dt>{label}</dt><dd>{value}</dd></div>;
}

/** Brings an element into sight, once for each `what`; of one that is higher than its place, the beginning. */
function useInSight(what: number): { current: HTMLDivElement | null } {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (what <= brought) return;
    brought = what;
    element.current?.scrollIntoView({ block: "nearest" });
  }, [what]);
  return element;
}

/** What can honestly be said of the rest. */
function rest({ progress, known }: Running, rate: number): string {
  if (rate === 0) return text("rest-unknown");
  if (known !== null && !progress.rash && progress.states <= known) {
    return text("rest-known", { n: number(known), t: seconds(((known - progress.states) / rate) * 1000) });
  }
  const [last, previous, earlier] = [...progress.levels].reverse();
  if (last === undefined || previous === undefined || earlier === undefined) return text("rest-unknown");
  if (!(last < previous && previous < earlier)) return text("rest-growing");
  const ratio = Math.min(0.95, last / previous);
  return text("rest-shrinking", { t: seconds((((last * ratio) / (1 - ratio)) / rate) * 1000) });
}

// ---- verdict --------------------------------------------------------------------------------------------

/** What the search came to that another took the place of. */
function Before({ it }: { it: Verdict }) {
  const known = kept.value.some((one) => one.id === it.id);
  return (
    <div class="panels-note">
      <p>{text("search-before", { what: searched(it.model.name, it.beginning) })} {headline(it)}</p>
      <p class="panels-row">
        <Button small disabled={known} onClick={() => keep(it)}>{text(known ? "in-compare" : "add-compare")}</Button>
        <Button small kind="plain" onClick={() => (replaced.value = null)}>{text("dismiss")}</Button>
      </p>
    </div>
  );
}

function Said({ it }: { it: Verdict }) {
  const { outcome, progress } = it;
  const element = useInSight(it.id);
  const kind = outcome.kind === "proved" ? "good" : outcome.kind === "violated" ? "bad" : "warn";
  const word = outcome.kind === "proved" ? text("exhausted") : outcome.kind === "violated" ? text("violated") : text("not-exhausted");
  return (
    <div class={`check-verdict is-${kind}`} role="status" ref={element}>
      {it.asked !== session.value && <p class="panels-soft">{text("other-session")} <Core>{it.model.name}</Core></p>}
      <p class="check-headline"><Holds holds={outcome.kind === "proved" ? true : outcome.kind === "violated" ? false : null} word={word} /></p>
      <p><strong>{headline(it)}</strong></p>
      {outcome.kind === "violated" && <p><span aria-hidden="true">↯ </span><Core>{outcome.why}</Core></p>}
      {outcome.kind === "violated" && <Counterexample it={it} choices={outcome.choices} />}
      {outcome.kind === "incomplete" && <p>{text("because")} <Core>{outcome.why}</Core></p>}
      {outcome.kind === "proved" && it.beginning.length > 0 && <p class="panels-soft">{text("others-not-said")}</p>}
      <p class="panels-note">{text("explored")}: <Core>{it.bounds}</Core></p>
      <p class="panels-soft">
        {text("verdict-numbers", { states: number(progress.states), transitions: number(progress.transitions), depth: number(progress.depth), time: seconds(it.elapsed) })}
        {it.looked && ` ${text("looked")}`}
      </p>
      <Frontier levels={progress.levels} />
      <div class="panels-row">
        <Button disabled={kept.value.some((one) => one.id === it.id)} onClick={() => keep(it)}>
          {text(kept.value.some((one) => one.id === it.id) ? "in-compare" : "add-compare")}
        </Button>
        {kept.value.length > 0 && <Jump onClick={() => showPanel("compare")}>{text("show-compare")}</Jump>}
        <Button kind="plain" onClick={() => (verdict.value = null)}>{text("dismiss")}</Button>
      </div>
    </div>
  );
}

function Counterexample({ it, choices }: { it: Verdict; choices: string[] }) {
  const { shown } = it;
  if (shown !== null && shown.session === session.value) {
    const branch = branches.value.find((one) => one.tip === shown.moment);
    const first = session.value.path(shown.moment)[Math.max(0, it.beginning.length)] ?? 0;
    return (
      <p class="panels-row">
        {text(shown.known ? "known-branch" : "opened-branch")}
        {branch !== undefined && <Button small onClick={() => { switchTo(branch.id); moment.value = first; }}>{text("walk-it")}</Button>}
        {branch !== undefined && <Button small kind="plain" onClick={() => { switchTo(branch.id); moment.value = shown.moment; }}>{text("last-step")}</Button>}
      </p>
    );
  }
  return <Elsewhere it={it} choices={choices} />;
}

/** A link to the counterexample in its own model, made when it is needed. */
function Elsewhere({ it, choices }: { it: Verdict; choices: string[] }) {
  const [link, setLink] = useState<string | null>(null);
  useEffect(() => {
    let over = false;
    linkOf(it.model, choices).then((made) => { if (!over) setLink(made); }, () => {});
    return () => { over = true; };
  }, [it]);
  return (
    <div class="panels-note is-warn">
      <p>{text("other-model")} {it.refused !== null && <Core>{it.refused}</Core>}</p>
      {link !== null && <p><a href={link} target="_blank" rel="noopener">{text("open-tab")} ↗</a></p>}
    </div>
  );
}
