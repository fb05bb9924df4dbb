/** What the plan answers, drawn. */
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import { fixed, Holds, number, Scroll, Section } from "../panels/parts";
import { answer, failed, lit } from "./designing";
import { availability, ENUMERATED, rest, sections, STEPS, type Family, type Loss, type Margin, type Plan, type Service } from "./plan";
import { text } from "./text";

export function duration(nanoseconds: number): string {
  const units: [number, string][] = [[1e9, "s"], [1e6, "ms"], [1e3, "µs"], [1, "ns"]];
  const [size, unit] = units.find(([size]) => nanoseconds >= size) ?? [1, "ns"];
  if (nanoseconds === 0) return "0";
  const value = nanoseconds / size;
  return `${fixed(value, value >= 100 || Number.isInteger(value) ? 0 : value >= 10 ? 1 : 2)} ${unit}`;
}

export function Results({ plan }: { plan: Plan }) {
  const said = sections(answer.value.text);
  return (
    <>
      <Advice plan={plan} />
      <Sets plan={plan} />
      <Survives plan={plan} />
      <Section title={text("rpo")}><p lang="en">{said.get("RPO")}</p></Section>
      <Times plan={plan} />
      <Available plan={plan} />
      {plan.lease !== null
        ? <LeaseMargin margin={plan.lease} said={said.get("lease") ?? ""} />
        : <Section title={text("lease")}><p lang="en">{said.get("lease")}</p></Section>}
      <Section title={text("fencing")}><p lang="en">{said.get("fencing")}</p></Section>
    </>
  );
}

function Advice({ plan }: { plan: Plan }) {
  return (
    <Section title={text("advice")}>
      {plan.advice.length === 0
        ? <p><Holds holds word={text("no-advice")} /></p>
        : <ul class="designer-advice">{plan.advice.map((one) => <li key={one.text} lang="en">{one.text}</li>)}</ul>}
    </Section>
  );
}

// ---- what if --------------------------------------------------------------------------------------------

export function WhatIf({ plan }: { plan: Plan }) {
  const lost = failed.value;
  const left = rest(plan, lost);
  const names = [...lost];
  if (names.length === 0) return <p class="designer-whatif is-idle">{text("what-if")}</p>;
  const verdict = left.failover === true ? "failover" : left.goingOn === true ? "if-primary-survives" : left.goingOn === false ? "stops" : "unknown";
  const kind = verdict === "failover" ? "good" : verdict === "stops" ? "bad" : "warn";
  return (
    <div class={`designer-whatif is-${kind}`} role="status">
      <p><strong>{text("lost", { names: names.join(", ") })}: {text(`verdict-${verdict}`)}</strong></p>
      <ul class="panels-row">
        <Condition word={text("candidates")} found={left.candidates.length > 0 ? left.candidates : null} />
        <Condition word={text("votes")} found={left.votes} />
        {plan.acks !== null && <Condition word={text("acks")} found={left.acks} />}
        {plan.acks !== null && <Condition word={text("recovery")} found={left.recovery} />}
      </ul>
      {plan.acks !== null && left.kept !== null && <p>{text(left.kept ? "disks-kept" : "disks-lost")}</p>}
    </div>
  );
}

function Condition({ word, found }: { word: string; found: string[] | null | undefined }) {
  return (
    <li class="designer-condition">
      <Holds holds={found === undefined ? null : found !== null} word={word} />
      {Array.isArray(found) && <Names names={found} />}
      {found === undefined && <span class="panels-soft">{text("not-computed")}</span>}
    </li>
  );
}

/** A set of nodes; pointed at, it is pointed out in the picture. */
function Names({ names }: { names: string[] }) {
  const point = (on: boolean) => (): void => {
    lit.value = new Set(on ? names : []);
  };
  return (
    <span class="designer-set" onMouseEnter={point(true)} onMouseLeave={point(false)}>
      {"{"}{names.map((name, place) => <span key={name} class={failed.value.has(name) ? "is-down" : undefined}>{place > 0 && " "}{name}</span>)}{"}"}
    </span>
  );
}

// ---- sets -----------------------------------------------------------------------------------------------

function Sets({ plan }: { plan: Plan }) {
  return (
    <Section title={text("sets")}>
      <FamilyRow title={text("winning")} words={plan.votes.words} family={plan.votes.sets} />
      {plan.acks === null
        ? <p class="panels-soft">{text("no-acks")}</p>
        : (
          <>
            <FamilyRow title={text("ack-sets")} words={plan.acks.words} family={plan.acks.sets} />
            <FamilyRow title={text("recovery-sets")} words={text("derived")} family={plan.acks.recovery} own />
          </>
        )}
    </Section>
  );
}

const SHOWN = 12;

function FamilyRow({ title, words, family, own }: { title: string; words: string; family: Family; own?: boolean }) {
  const shown = family.sets.slice(0, SHOWN);
  return (
    <div class="designer-family">
      <p><strong>{title}</strong> <span class="panels-soft" lang={own ? undefined : "en"}>{words}</span></p>
      <p class="designer-sets">
        {shown.map((set) => <Names key={set.join()} names={set} />)}
        {family.count > shown.length && <span class="panels-soft">{text("and-more", { n: number(family.count - shown.length) })}</span>}
        {!family.complete && <span class="panels-soft">{text("searched", { n: family.searched })}</span>}
      </p>
    </div>
  );
}

// ---- failures -------------------------------------------------------------------------------------------

function ServiceWord({ service }: { service: Service }) {
  return <Holds holds={service === "failover" ? true : service === "stops" ? false : null} word={text(`service-${service}`)} />;
}

/** However many are lost: any so many. */
function anyOf({ survived, exact }: Loss): string {
  if (exact && survived === 0) return text("any-0");
  const many = survived === 1 ? "any-1" : "any-n";
  return text(exact ? many : `${many}-at-least`, { n: survived });
}

function Survives({ plan }: { plan: Plan }) {
  const { failures } = plan;
  const rows: [string, Loss][] = [[text("by-failover"), failures.failover], [text("going-on"), failures["going-on"]]];
  if (failures.kept !== null) rows.push([text("nothing-lost"), failures.kept]);
  return (
    <Section title={text("survives")}>
      <table class="panels-table designer-losses">
        <tbody>
          {rows.map(([title, loss]) => (
            <tr key={title}>
              <th scope="row">{title}</th>
              <td><strong>{anyOf(loss)}</strong></td>
              <td>{loss.exact && loss.breaks.sets.length > 0 && <><span class="panels-soft">{text("too-much")} </span>{loss.breaks.sets.slice(0, 4).map((set) => <Names key={set.join()} names={set} />)}{loss.breaks.count > 4 && " …"}</>}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <div class="designer-grid">
        {plan.nodes.map((node) => <p key={node.name} class="panels-row is-apart"><code>{node.name}</code><ServiceWord service={node.lost} /></p>)}
      </div>
      {failures.zones.length > 0 && (
        <div class="designer-grid">
          {failures.zones.map((zone) => (
            <p key={zone.zone} class="panels-row is-apart">
              <span>{text("zone")} <code>{zone.zone}</code></span>
              <span class="panels-row"><ServiceWord service={zone.service} />{zone.kept !== null && <span class="panels-soft">{text(zone.kept ? "kept" : "not-kept")}</span>}</span>
            </p>
          ))}
        </div>
      )}
      <p class="panels-soft">{text("survives-note")}</p>
    </Section>
  );
}

// ---- time -----------------------------------------------------------------------------------------------

function Times({ plan }: { plan: Plan }) {
  const { after, never, cases } = plan.rto;
  if (cases.length === 0) return <Section title={text("rto")}><p>{text("no-failover")}</p></Section>;
  const most = Math.max(...cases.map((one) => one.total), 1);
  return (
    <Section title={text("rto")}>
      <div class="designer-cases">
        {cases.map((one) => (
          <div key={one.case} class="designer-case">
            <span>{text(`case-${one.case}`)}</span>
            <span class="designer-stack" role="img" aria-label={STEPS.map((step) => `${text(`step-${step}`)} ${duration(one[step])}`).join(", ")}>
              {STEPS.map((step) => one[step] > 0 && <span key={step} class={`designer-step is-${step}`} style={{ width: `${(one[step] / most) * 100}%` }} title={`${text(`step-${step}`)}: ${duration(one[step])}`} />)}
            </span>
            <strong class="panels-value">{duration(one.total)}</strong>
          </div>
        ))}
      </div>
      <Scroll label={text("rto")}>
        <table class="panels-table designer-times">
          <thead><tr><td />{STEPS.map((step) => <th key={step} scope="col"><span class={`designer-key is-${step}`} aria-hidden="true" />{text(`step-${step}`)}</th>)}</tr></thead>
          <tbody>{cases.map((one) => <tr key={one.case}><th scope="row">{text(`case-${one.case}`)}</th>{STEPS.map((step) => <td key={step}>{duration(one[step])}</td>)}</tr>)}</tbody>
        </table>
      </Scroll>
      <p class="panels-soft">{text("rto-note")}</p>
      {never.length > 0 && <p>{text("rto-never", { after: after.join(", "), never: never.join(", ") })}</p>}
    </Section>
  );
}

// ---- availability ---------------------------------------------------------------------------------------

/** In percent, of a node, and of some by name. */
const usual = signal(99.9);
const special = signal<Record<string, number>>({});

function nines(of: number): string {
  return of >= 1 ? "∞" : fixed(Math.floor(-Math.log10(1 - of) * 10) / 10, 1);
}

function downtime(of: number): string {
  const seconds = (1 - of) * 365.25 * 86400;
  if (seconds < 1) return text("under-second");
  if (seconds < 120) return text("a-year-seconds", { n: number(Math.round(seconds)) });
  if (seconds < 7200) return text("a-year-minutes", { n: number(Math.round(seconds / 60)) });
  if (seconds < 172800) return text("a-year-hours", { n: fixed(seconds / 3600, 1) });
  return text("a-year-days", { n: fixed(seconds / 86400, 1) });
}

function percent(value: number): number {
  return Number.isFinite(value) ? Math.max(0, Math.min(100, value)) : 0;
}

function Available({ plan }: { plan: Plan }) {
  const up = plan.nodes.map((node) => (special.value[node.name] ?? usual.value) / 100);
  const got = useMemo(() => availability(plan, up), [plan, up.join()]);
  return (
    <Section title={text("availability")}>
      <label class="panels-field designer-percent">
        <span>{text("node-availability")}</span>
        <span class="panels-row"><input type="number" min={0} max={100} step="any" value={usual.value} onChange={(event) => (usual.value = percent(event.currentTarget.valueAsNumber))} />% <span class="panels-soft">{downtime(usual.value / 100)}</span></span>
      </label>
      <details class="designer-details">
        <summary>{text("each-node")}</summary>
        <div class="designer-fields">
          {plan.nodes.map((node) => (
            <label key={node.name} class="panels-field"><span><code>{node.name}</code>, %</span>
              <input type="number" min={0} max={100} step="any" value={special.value[node.name] ?? ""} placeholder={String(usual.value)}
                onChange={(event) => {
                  const { [node.name]: _, ...others } = special.value;
                  const value = event.currentTarget.valueAsNumber;
                  special.value = Number.isFinite(value) ? { ...others, [node.name]: percent(value) } : others;
                }} />
            </label>
          ))}
        </div>
      </details>
      {got === null
        ? <p class="panels-note">{text(plan.nodes.length > ENUMERATED ? "too-many" : "sets-unknown", { n: ENUMERATED })}</p>
        : (
          <Scroll label={text("availability")}><table class="panels-table designer-available">
            <thead><tr><td /><th scope="col">{text("chance")}</th><th scope="col">{text("nines")}</th><th scope="col">{text("down")}</th></tr></thead>
            <tbody>
              <Chance title={text("chance-failover")} of={got.failover} />
              <Chance title={text("chance-going-on")} of={got.goingOn} />
            </tbody>
          </table></Scroll>
        )}
      <p class="panels-soft">{text("availability-note")}</p>
    </Section>
  );
}

function Chance({ title, of }: { title: string; of: number }) {
  const digits = of >= 1 ? 0 : Math.min(9, Math.max(2, Math.ceil(-Math.log10(1 - of))));
  return <tr><th scope="row">{title}</th><td>{fixed(of * 100, digits)} %</td><td>{nines(of)}</td><td>{downtime(of)}</td></tr>;
}

// ---- lease ----------------------------------------------------------------------------------------------

function LeaseMargin({ margin, said }: { margin: Margin; said: string }) {
  const most = Math.max(margin.grant, margin["shortest-grant"], 1);
  const bar = (value: number, kind: string, title: string, note: ComponentChildren) => (
    <div class="designer-case">
      <span>{title}</span>
      <span class="designer-stack"><span class={`designer-step is-${kind}`} style={{ width: `${(value / most) * 100}%` }} /></span>
      <strong class="panels-value">{note}</strong>
    </div>
  );
  return (
    <Section title={text("lease-margin")}>
      <div class="designer-cases">
        {bar(margin.hold, "hold", text("hold-short"), duration(margin.hold))}
        {bar(margin["shortest-grant"], "worst", text("hold-worst"), duration(margin["shortest-grant"]))}
        {bar(margin.grant, "grant", text("grant-short"), duration(margin.grant))}
      </div>
      <p>{text("slack", { slack: duration(margin.slack), ppm: number(margin["bears-ppm"]) })}</p>
      <p class="panels-soft" lang="en">{said}</p>
    </Section>
  );
}

