/** Side by side: the branch that is shown, and the same choices in another model or another branch. */
import { useEffect, useMemo, useState } from "preact/hooks";
import { reason } from "../api/reason";
import { catalogue, rules } from "../api/core";
import { branchName } from "../diagram/Branches";
import type { View } from "../api/types";
import { about, branches, goToStep, path, session, view } from "../state/store";
import { compared, firstDifference, leftBranch, lockedStep, other, right, rightModel, SAME, type Other, type Right } from "./comparing";
import { headline, kept } from "./checking";
import { diff } from "./diff";
import { Mark } from "./Facts";
import { Button, Core, Holds, Jump, number, Scroll, seconds, Section } from "./parts";
import { park } from "./sessions";
import { text } from "./text";
import { open } from "../state/store";
import { Parked } from "./Parked";
import "./compare.css";

export function Compare() {
  const here = session.value;
  if (here === null) return null;
  return (
    <div class="panels compare" role="region" aria-label={text("compare")}>
      <h2 class="panels-title">{text("compare-title")}</h2>
      <Parked />
      <Pick />
      <Both />
      <Kept />
    </div>
  );
}

/** What stands to the right; a branch of a session that is gone is no choice any more. */
function chosen(): Right | null {
  const choice = right.value;
  if (choice?.kind !== "branch") return choice;
  return choice.session === session.value && branches.value.some((one) => one.id === choice.branch) ? choice : null;
}

function Pick() {
  const models = useMemo(catalogue, []);
  const all = useMemo(rules, []);
  const choice = chosen();
  const others = branches.value.filter((one) => one.id !== leftBranch.value?.id);
  const value = choice === null ? "" : choice.kind === "branch" ? `branch:${choice.branch}` : `model:${choice.name}`;
  const off = choice?.kind === "model" ? choice.off : [];
  const pick = (next: string): void => {
    const [kind, ...rest] = next.split(":");
    const name = rest.join(":");
    if (kind === "branch") right.value = { kind: "branch", branch: Number(name), session: session.value! };
    else if (kind === "model") right.value = { kind: "model", name, off: name === SAME && off.length === 0 ? (about.value?.off ?? []) : off };
    else right.value = null;
  };
  const setOff = (next: string[]): void => {
    right.value = { kind: "model", name: choice?.kind === "model" ? choice.name : SAME, off: next };
  };
  return (
    <div class="compare-pick">
      <p><span class="panels-soft">{text("left")}:</span> <strong>{about.value!.model.name}</strong>{leftBranch.value !== null && <>, {branchName(leftBranch.value)}</>}</p>
      <label class="panels-field">
        <span>{text("right")}</span>
        <select value={value} onChange={(event) => pick(event.currentTarget.value)}>
          <option value="">{text("pick-right")}</option>
          {others.length > 0 && (
            <optgroup label={text("another-branch")}>
              {others.map((one) => <option key={one.id} value={`branch:${one.id}`}>{branchName(one)}</option>)}
            </optgroup>
          )}
          <optgroup label={text("another-model")}>
            <option value={`model:${SAME}`}>{text("same-model")}</option>
            {models.map((one) => <option key={one.name} value={`model:${one.name}`}>{one.name}: {one.about}</option>)}
          </optgroup>
        </select>
      </label>
      {choice?.kind !== "branch" && (
        <div class="panels-row">
          <label class="panels-field compare-rule">
            <span>{text("without-rule")}</span>
            <select value="" onChange={(event) => { if (event.currentTarget.value !== "") setOff([...off, event.currentTarget.value]); }}>
              <option value="">{text("pick-rule")}</option>
              {all.filter((one) => !off.includes(one.name)).map((one) => <option key={one.name} value={one.name}>{one.name}</option>)}
            </select>
          </label>
          {off.map((name) => (
            <Button key={name} small onClick={() => setOff(off.filter((one) => one !== name))} label={`${name}: ${text("switch-on")}`}>
              <code>{name}</code> <span aria-hidden="true">×</span>
            </Button>
          ))}
        </div>
      )}
    </div>
  );
}

/** The other side, made anew when the branch or the choice changes. */
function useOther(choice: Right | null): { other: Other | null; error: string | null } {
  const here = session.value;
  const tip = path.value.at(-1) ?? 0;
  const branchTip = choice?.kind === "branch" ? (branches.value.find((one) => one.id === choice.branch)?.tip ?? 0) : null;
  const key = choice?.kind === "model" ? `${choice.name} ${choice.off.join()}` : String(branchTip);
  const [made, setMade] = useState<{ other: Other | null; error: string | null }>({ other: null, error: null });
  useEffect(() => {
    if (choice === null || here === null) return setMade({ other: null, error: null });
    if (choice.kind === "branch") return setMade({ other: { session: here, way: here.path(branchTip!), stopped: null, own: false }, error: null });
    let next: Other | null = null;
    try {
      next = other(choice, tip);
      setMade({ other: next, error: null });
    } catch (error) {
      setMade({ other: null, error: reason(error) });
    }
    // The old one is closed only when nothing draws it any more.
    return () => { if (next?.own) setTimeout(() => next.session.close()); };
  }, [here, tip, key]);
  return made;
}

function Both() {
  const choice = chosen();
  const { other, error } = useOther(choice);
  if (choice === null) return <p class="panels-note">{text("compare-note")}</p>;
  if (error !== null) return <p class="panels-note is-bad" role="alert"><Core>{error}</Core></p>;
  if (other === null) return <p class="panels-soft">…</p>;
  return <Sides other={other} choice={choice} />;
}

function Sides({ other, choice }: { other: Other; choice: Right }) {
  const here = session.value!;
  const step = lockedStep.value;
  const first = useMemo(() => firstDifference(here, path.value, other), [here, path.value, other]);
  const parted = choice.kind === "branch" ? forked(path.value, other.way) : other.stopped === null ? null : other.way.length;
  const at = other.way[step];
  const theirs = at === undefined ? null : other.session.view(at);
  const ours = view.value!;
  const marks = [...new Set([first, parted].filter((one): one is number => one !== null))].sort((a, b) => a - b);
  return (
    <>
      <div class="panels-row">
        <Button small disabled={step === 0} onClick={() => goToStep(step - 1)}><span aria-hidden="true">◀ </span>{text("step-back")}</Button>
        <span class="panels-value" role="status">{text("step-of", { n: step, all: path.value.length - 1 })}</span>
        <Button small disabled={step >= path.value.length - 1} onClick={() => goToStep(step + 1)}>{text("step-on")}<span aria-hidden="true"> ▶</span></Button>
        {first !== null && first !== step && <Jump onClick={() => goToStep(first)}>{text("to-first-difference", { n: first })}</Jump>}
      </div>
      <Strip other={other} marks={marks} />
      {first === null && parted === null && <p class="panels-note is-good">{text("never-differ")}</p>}
      {first !== null && <p class={`panels-note is-warn`}>{text(first === step ? "differs-first-here" : "differs-first", { n: first })}</p>}
      {other.stopped !== null && <p class="panels-note is-warn">{text("stops-right", { n: other.way.length - 1 })} <Core>{other.stopped}</Core></p>}
      <div class="compare-verdicts">
        <Side title={text("left")} view={ours} end={here.view(path.value.at(-1) ?? 0)} />
        <Side title={text("right")} view={theirs} end={other.session.view(other.way.at(-1) ?? 0)} />
      </div>
      {theirs === null
        ? <p class="panels-note">{text("right-over", { n: other.way.length - 1 })}</p>
        : <Differences left={ours} right={theirs} />}
      {choice.kind === "model" && (
        <p><Button kind="plain" onClick={() => { park(); open(rightModel(choice.name, choice.off)); }}>{text("open-right")}</Button></p>
      )}
    </>
  );
}

/** The first step that two paths of one session do not share. */
function forked(one: number[], two: number[]): number | null {
  const length = Math.min(one.length, two.length);
  for (let step = 0; step < length; step += 1) if (one[step] !== two[step]) return step;
  return one.length === two.length ? null : length;
}

function Strip({ other, marks }: { other: Other; marks: number[] }) {
  const all = Math.max(path.value.length, other.way.length) - 1;
  if (all < 1) return null;
  const at = (step: number): string => `${(step / all) * 100}%`;
  return (
    <div class="compare-strip" aria-hidden="true">
      <span class="compare-lane" style={{ width: at(path.value.length - 1) }} />
      <span class="compare-lane is-right" style={{ width: at(other.way.length - 1) }} />
      {marks.map((step) => <span key={step} class="compare-mark" style={{ left: at(Math.min(step, all)) }} />)}
      <span class="compare-here" style={{ left: at(lockedStep.value) }} />
    </div>
  );
}

function Side({ title, view, end }: { title: string; view: View | null; end: View }) {
  const said = (one: View) => one.broken === null
    ? <Holds holds word={text("all-hold-short")} />
    : <><Holds holds={false} word={text("broken")} /> <Core mono>{one.broken.invariant}</Core></>;
  return (
    <div class="compare-side">
      <h3 class="panels-h">{title}</h3>
      <p>{text("now")}: {view === null ? text("over") : said(view)}</p>
      <p>{text("at-end", { n: end.depth })}: {said(end)}</p>
      {end.broken !== null && <p class="panels-soft"><Core>{end.broken.why}</Core></p>}
    </div>
  );
}

function Differences({ left, right }: { left: View; right: View }) {
  const [ours, theirs] = [compared(left), compared(right)];
  const groups = [...ours.map((one) => one.title), ...theirs.map((one) => one.title).filter((title) => !ours.some((one) => one.title === title))];
  const rows = groups.map((title) => ({
    title,
    rows: diff(ours.find((one) => one.title === title)?.facts ?? [], theirs.find((one) => one.title === title)?.facts ?? []).filter((row) => row.change !== "same"),
  })).filter((group) => group.rows.length > 0);
  if (rows.length === 0) return <p class="panels-note is-good">{text("alike-here")}</p>;
  return (
    <Scroll label={text("fact")}>
      <table class="panels-table compare-table">
        <thead><tr><th scope="col">{text("fact")}</th><th scope="col">{text("left")}</th><th scope="col">{text("right")}</th></tr></thead>
        {rows.map((group) => (
          <tbody key={group.title}>
            <tr><th colSpan={3} scope="rowgroup" class="compare-group"><Core>{group.title}</Core></th></tr>
            {group.rows.map((row) => (
              <tr key={row.label}>
                <th scope="row"><Mark change="changed" /><Core>{row.label}</Core></th>
                <td lang="en">{row.old ?? "–"}</td>
                <td lang="en" class="compare-other">{row.now ?? "–"}</td>
              </tr>
            ))}
          </tbody>
        ))}
      </table>
    </Scroll>
  );
}

/** Verdicts of searches that were kept. */
function Kept() {
  if (kept.value.length === 0) return null;
  return (
    <Section title={text("kept-verdicts")}>
      <Scroll label={text("kept-verdicts")}>
        <table class="panels-table">
          <thead><tr><th scope="col">{text("model")}</th><th scope="col">{text("verdict")}</th><th scope="col">{text("bounds")}</th><th scope="col">{text("time")}</th><td /></tr></thead>
          <tbody>
            {kept.value.map((one) => (
              <tr key={one.id}>
                <th scope="row"><Core>{one.model.name}</Core></th>
                <th scope="row"><Holds holds={one.outcome.kind === "proved" ? true : one.outcome.kind === "violated" ? false : null} word="" />{headline(one)}</th>
                <th scope="row"><Core>{one.bounds}</Core></th>
                <td>{number(one.progress.states)}<br />{seconds(one.elapsed)}</td>
                <td><Button small kind="plain" onClick={() => (kept.value = kept.value.filter((other) => other !== one))} label={`${text("remove")}: ${one.model.name}`}>×</Button></td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </Section>
  );
}
