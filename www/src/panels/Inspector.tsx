/** What is selected, and what about it changed with the last step; without a selection, every machine. */
import type { ComponentChildren } from "preact";
import type { ChoiceView, EventView, LetterView, NodeIndex, NodeView, View } from "../api/types";
import { drawnAs, drawnName } from "../state/drawn";
import { epochColour } from "../state/epoch";
import { about, before, choices, choose, goTo, moment, path, selection, session, view } from "../state/store";
import { FactTable, Mark } from "./Facts";
import { Bar, Button, Core, EpochChip, Jump, nodeName, number, ROLE_GLYPH, roleWord, Scroll, Section } from "./parts";
import { text } from "./text";
import { Why } from "./Why";
import "./inspector.css";

export function Inspector() {
  const now = view.value;
  if (now === null) return null;
  return (
    <div class="panels inspector" aria-label={text("inspector")} role="region">
      <Selected now={now} />
      <Why />
    </div>
  );
}

function Selected({ now }: { now: View }) {
  const chosen = selection.value;
  switch (chosen?.kind) {
    case "node": {
      const node = now.nodes[chosen.node];
      return node === undefined ? <Everything now={now} /> : <Node node={node} was={before.value?.nodes[chosen.node] ?? null} />;
    }
    case "letter": {
      const letter = now.letters.find((one) => one.id === chosen.letter);
      return letter === undefined ? <LetterGone /> : <Letter letter={letter} />;
    }
    case "resource":
      return <Resource now={now} />;
    case "event": {
      const event = chosen.moment < (session.value?.size ?? 0) ? (session.value?.event(chosen.moment) ?? null) : null;
      return event === null ? <Beginning /> : <Event event={event} />;
    }
    case undefined:
      return <Everything now={now} />;
  }
}

function Head({ title, children }: { title: ComponentChildren; children?: ComponentChildren }) {
  return (
    <div class="panels-row is-apart inspector-head">
      <h2 class="panels-title">{title}</h2>
      <div class="panels-row">
        {children}
        <Button small kind="plain" onClick={() => (selection.value = null)}>{text("all-nodes")}</Button>
      </div>
    </div>
  );
}

// ---- all ------------------------------------------------------------------------------------------------

function Everything({ now }: { now: View }) {
  const was = before.value;
  return (
    <>
      <h2 class="panels-title">{text("all-nodes")}</h2>
      <Scroll label={text("all-nodes")}>
        <table class="panels-table inspector-all">
          <thead>
            <tr>
              <th scope="col">{text("node")}</th>
              <th scope="col">{text("role")}</th>
              <th scope="col">{text("epoch")}</th>
              <th scope="col">{text("vote")}</th>
              <th scope="col">{text("log")}</th>
              {about.value?.timed && <th scope="col">{text("lease")}</th>}
            </tr>
          </thead>
          <tbody>{now.nodes.map((node) => <Row key={node.index} node={node} was={was?.nodes[node.index] ?? null} />)}</tbody>
        </table>
      </Scroll>
      <p class="panels-soft">{text("select-hint")}</p>
      <Around now={now} was={was} />
    </>
  );
}

function Row({ node, was }: { node: NodeView; was: NodeView | null }) {
  const voted = (one: NodeView): string => (one.voted === null ? "–" : nodeName(one.voted));
  const log = (one: NodeView): string => `${one.base + one.log.length} / ${one.committed}`;
  const lease = (one: NodeView): string => (one.lease === null ? "–" : `${one.lease.left}/${one.lease.of}`);
  const role = (one: NodeView): string => `${roleWord(one.role)}${one.phase === null ? "" : `, ${one.phase}`}`;
  return (
    <tr>
      <th scope="row">
        <Jump code onClick={() => (selection.value = { kind: "node", node: node.index })}>{nodeName(node.index)}</Jump>
        <DrawnName node={node.index} />
      </th>
      <Cell now={role(node)} was={was === null ? null : role(was)}>
        <span aria-hidden="true">{ROLE_GLYPH[node.role]} </span>{roleWord(node.role)}{node.paused && ` · ⏸ ${text("paused")}`}
        {node.phase !== null && <span class="inspector-phase"><Phase of={node.phase} /></span>}
      </Cell>
      <Cell now={node.epoch.text} was={was?.epoch.text ?? null}><EpochChip epoch={node.epoch} /></Cell>
      <Cell now={voted(node)} was={was === null ? null : voted(was)}>{voted(node)}</Cell>
      <Cell now={log(node)} was={was === null ? null : log(was)}>{log(node)}</Cell>
      {about.value?.timed && <Cell now={lease(node)} was={was === null ? null : lease(was)}>{lease(node)}</Cell>}
    </tr>
  );
}

/** What a primary is doing, as the core calls it where this page has no word for it. */
function Phase({ of }: { of: string }) {
  return of === "serving" ? <>{text("serving")}</> : <Core>{of}</Core>;
}

/** What a node is called in the designer, if it was drawn there. */
function DrawnName({ node }: { node: NodeIndex }) {
  const name = drawnName(node);
  return name === null ? null : <span class="inspector-drawn" title={drawnAs(node)}>{name}</span>;
}

function Cell({ now, was, children }: { now: string; was: string | null; children: ComponentChildren }) {
  const changed = was !== null && was !== now;
  return (
    <td class={changed ? "is-changed" : undefined} title={changed ? `${was} → ${now}` : undefined}>
      {changed && <Mark change="changed" />}{children}
    </td>
  );
}

/** The client, the resource, the network, and what is left of the bounds. */
function Around({ now, was }: { now: View; was: View | null }) {
  const open = now.budgets.filter((budget) => budget.left > 0);
  const spent = now.budgets.filter((budget) => budget.left === 0);
  return (
    <>
      <Section title={text("around")}>
        <FactTable own caption={text("around")} before={was === null ? null : around(was)} now={around(now)} />
        {now.resource !== null && (
          <p><Jump onClick={() => (selection.value = { kind: "resource" })}>{text("show-resource")}</Jump></p>
        )}
      </Section>
      {now.budgets.length > 0 && (
        <Section title={text("budgets")} open={false}>
          <p><Core>{open.map((budget) => `${budget.name} ${number(budget.left)}`).join(" · ") || "–"}</Core></p>
          {spent.length > 0 && <p class="panels-soft">{text("spent")}: <Core>{spent.map((budget) => budget.name).join(", ")}</Core></p>}
        </Section>
      )}
    </>
  );
}

function around(of: View): [string, string][] {
  const rows: [string, string][] = [[text("a-issued"), number(of.client.issued)], [text("a-acked"), number(of.client.acked)]];
  if (of.client.reads.length > 0) rows.push([text("a-reads"), of.client.reads.join("; ")]);
  if (of.resource !== null) rows.push([text("a-resource"), text("a-tokens", { installed: of.resource.installed.text, loaded: of.resource.loaded.text })]);
  rows.push([text("a-messages"), number(of.letters.reduce((sum, letter) => sum + letter.copies, 0))]);
  const { cut } = of;
  rows.push([text("a-network"), cut === null ? text("a-whole") : text(cut.both ? "a-cut" : "a-oneway", { nodes: cut.side.map(nodeName).join(", ") })]);
  if (about.value?.timed) rows.push([text("a-time"), number(of.time)]);
  return rows;
}

// ---- one node -------------------------------------------------------------------------------------------

function Node({ node, was }: { node: NodeView; was: NodeView | null }) {
  const about_ = about.value?.nodes[node.index];
  return (
    <>
      <Head title={<><span aria-hidden="true">{ROLE_GLYPH[node.role]}</span> {nodeName(node.index)} <DrawnName node={node.index} /></>} />
      <div class="panels-row">
        <span class="panels-tag"><span>{roleWord(node.role)}{node.phase !== null && <>: <Phase of={node.phase} /></>}</span></span>
        <EpochChip epoch={node.epoch} />
        {node.serving && <span class="panels-tag is-strong"><span aria-hidden="true">✎</span> {text("serving")}</span>}
        {node.paused && <span class="panels-tag is-warn"><span aria-hidden="true">⏸</span> {text("paused")}</span>}
        {about_ !== undefined && <span class="panels-soft">{kindOf(about_)}</span>}
      </div>
      {(node.lease !== null || node.bound !== null) && <Spans node={node} />}
      {(node.log.length > 0 || node.base > 0) && <Log node={node} />}
      <Section title={text("facts")} aside={<Legend />}>
        <FactTable caption={text("facts")} before={was?.facts ?? null} now={node.facts} />
      </Section>
      {node.effects.length > 0 && (
        <Section title={text("effects")}>
          <ul class="inspector-list">{node.effects.map((effect) => <li key={effect}><Core mono>{effect}</Core></li>)}</ul>
        </Section>
      )}
      {node.engine !== null && <Section title={text("database")}><p><Core mono>{node.engine}</Core></p></Section>}
      <Choices title={text("can-happen", { node: nodeName(node.index) })} of={choices.value.filter((one) => one.node === node.index)} />
    </>
  );
}

function kindOf(node: { votes: boolean; data: boolean; learner: boolean; priority: number }): string {
  const parts = [
    node.learner ? text("learner") : node.data && node.votes ? text("data-and-vote") : node.votes ? text("witness") : node.data ? text("data-only") : text("no-member"),
  ];
  if (node.priority > 0) parts.push(`${text("priority")} ${node.priority}`);
  return parts.join(", ");
}

function Legend() {
  return (
    <span class="panels-soft inspector-legend">
      {(["changed", "new", "gone"] as const).map((change) => (
        <span key={change}><span class={`panels-mark is-${change}`} aria-hidden="true">{change === "changed" ? "≠" : change === "new" ? "+" : "−"}</span>{text(`change-${change}`)}</span>
      ))}
    </span>
  );
}

function Spans({ node }: { node: NodeView }) {
  return (
    <ul class="inspector-spans">
      {node.lease !== null && (
        <li>
          <span>{text("lease")}</span>
          <Bar left={node.lease.left} of={node.lease.of} title={text("ticks-left", node.lease)} />
          <span class="panels-value">{text("ticks-left", node.lease)}</span>
        </li>
      )}
      {node.bound !== null && (
        <li>
          <span>{text("promise")}</span>
          <Bar left={node.bound.left} of={node.bound.of} title={text("ticks-left", node.bound)} />
          <span class="panels-value">{text("ticks-left", node.bound)}</span>
        </li>
      )}
    </ul>
  );
}

function Log({ node }: { node: NodeView }) {
  const first = Math.max(0, node.log.length - 60);
  return (
    <Section title={text("log")} aside={<span class="panels-soft">{text("committed-of", { n: node.committed, all: node.base + node.log.length })}</span>}>
      <ol class="inspector-log" aria-label={text("log")}>
        {node.base > 0 && <li class="inspector-base">{text("snapshot", { n: node.base })}</li>}
        {first > 0 && <li class="inspector-base">… {first}</li>}
        {node.log.slice(first).map((entry, place) => {
          const state = entry.committed ? "committed" : entry.flushed ? "flushed" : "in-flight";
          const name = entry.op === 0 ? "·" : `w${entry.op}`;
          return (
            <li key={first + place} class={`is-${state}`} title={`${name} ${entry.epoch.text}: ${text(`entry-${state}`)}`}>
              <span class="inspector-entry-epoch" style={{ background: epochColour(entry.epoch) }} aria-hidden="true" />
              <span>{name}</span>
              <span class="panels-hidden"> {entry.epoch.text}, {text(`entry-${state}`)}</span>
              <span aria-hidden="true" class="inspector-entry-mark">{entry.committed ? "✓" : entry.flushed ? "▪" : "▫"}</span>
            </li>
          );
        })}
      </ol>
      <p class="panels-soft">✓ {text("entry-committed")} · ▪ {text("entry-flushed")} · ▫ {text("entry-in-flight")}</p>
    </Section>
  );
}

// ---- choices --------------------------------------------------------------------------------------------

const FAULTS = new Set(["crash", "drop", "duplicate", "fail-flush", "partition", "pause", "power-off", "doubt", "accept-loss"]);

export function Choices({ title, of }: { title: string; of: ChoiceView[] }) {
  const effective = of.filter((one) => one.effective);
  const idle = of.length - effective.length;
  const shown = [...effective.filter((one) => !FAULTS.has(one.kind)), ...effective.filter((one) => FAULTS.has(one.kind))];
  return (
    <Section title={title}>
      {shown.length === 0 && <p class="panels-soft">{view.value?.broken ? text("broken-stops") : text("nothing-now")}</p>}
      <div class="inspector-choices">
        {shown.map((one) => (
          <Button key={one.index} small kind={FAULTS.has(one.kind) ? "danger" : undefined} onClick={() => choose(one)}>
            <Core>{one.name}</Core>
          </Button>
        ))}
      </div>
      {idle > 0 && <p class="panels-soft">{text("ineffective", { n: number(idle) })}</p>}
    </Section>
  );
}

// ---- the others -----------------------------------------------------------------------------------------

function stepOf(id: number): number {
  return id === 0 ? 0 : (session.value?.event(id)?.depth ?? 0);
}

function Step({ of }: { of: number }) {
  return <Jump onClick={() => goTo(of)}>{text("step-n", { n: stepOf(of) })}</Jump>;
}

function Letter({ letter }: { letter: LetterView }) {
  const rows: [string, ComponentChildren][] = [
    [text("way"), <code>{nodeName(letter.from)} → {nodeName(letter.to)}</code>],
    [text("kind"), <><Core mono>{letter.kind}</Core>{letter.answer ? ` (${text("answer")})` : ""}</>],
    [text("epoch"), <EpochChip epoch={letter.epoch} />],
    [text("sent"), <Step of={letter.sent} />],
    [text("delivered"), text("times", { n: letter.delivered })],
  ];
  if (letter.copies > 1) rows.push([text("copies"), number(letter.copies)]);
  return (
    <>
      <Head title={text("message")}>
        {letter.held && <span class="panels-tag is-warn"><span aria-hidden="true">✂</span> {text("held")}</span>}
      </Head>
      <p><Core mono>{letter.name}</Core></p>
      <table class="panels-table">
        <tbody>{rows.map(([label, value]) => <tr key={label}><th scope="row">{label}</th><td>{value}</td></tr>)}</tbody>
      </table>
      <Choices title={text("can-happen-message")} of={choices.value.filter((one) => one.letter === letter.id)} />
    </>
  );
}

function LetterGone() {
  return <><Head title={text("message")} /><p class="panels-note">{text("letter-gone")}</p></>;
}

function Beginning() {
  return <><Head title={text("beginning")} /><p class="panels-note">{text("beginning-note")}</p></>;
}

function Resource({ now }: { now: View }) {
  const was = before.value;
  const facts = (of: View | undefined | null): [string, string][] | null =>
    of?.resource ? [[text("a-installed"), of.resource.installed.text], [text("a-loaded"), of.resource.loaded.text]] : null;
  const current = facts(now);
  return (
    <>
      <Head title={text("resource")} />
      {current === null ? <p class="panels-note">{text("no-resource")}</p> : <FactTable own caption={text("resource")} before={facts(was)} now={current} />}
      {now.landings.length > 0 && (
        <Section title={text("landings")}>
          <ul class="inspector-list">
            {now.landings.map((landing) => (
              <li key={`${landing.from} ${landing.epoch.text} ${landing.op}`} class="panels-row">
                <code>w{landing.op}</code> {nodeName(landing.from)} <EpochChip epoch={landing.epoch} />
                <span class={landing.admitted ? "panels-holds is-good" : "panels-holds is-bad"}>
                  <span aria-hidden="true">{landing.admitted ? "✓" : "✗"}</span> {text(landing.admitted ? "would-apply" : "would-refuse")}
                </span>
              </li>
            ))}
          </ul>
        </Section>
      )}
      <Choices title={text("can-happen-resource")} of={choices.value.filter((one) => one.kind === "land")} />
    </>
  );
}

function Event({ event }: { event: EventView }) {
  const on = path.value.includes(event.id);
  return (
    <>
      <Head title={text("step-n", { n: event.depth })} />
      <p><Core mono>{event.name}</Core></p>
      {event.changes.length > 0 && (
        <Section title={text("changes")}>
          <ul class="inspector-list">{event.changes.map((change) => <li key={change}><Core>{change}</Core></li>)}</ul>
        </Section>
      )}
      {event.letter !== null && <p>{text("sent")}: <Core mono>{event.letter.kind}</Core>, <Step of={event.letter.sent} /></p>}
      {event.sent.length > 0 && (
        <p>{text("sends")}: <Core mono>{event.sent.map((letter) => `${letter.kind} → ${nodeName(letter.to)}`).join(", ")}</Core></p>
      )}
      {event.broken !== null && <p class="panels-note is-bad"><strong>✗ <Core>{event.broken.invariant}</Core></strong>: <Core>{event.broken.why}</Core></p>}
      <div class="panels-row">
        {moment.value !== event.id && <Button onClick={() => goTo(event.id)}>{text(on ? "go-after" : "go-branch")}</Button>}
        {moment.value !== event.parent && <Button kind="plain" onClick={() => goTo(event.parent)}>{text("go-before")}</Button>}
      </div>
    </>
  );
}
