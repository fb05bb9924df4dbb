/** Break it yourself: reach a violation in few moves, then see how the checker does it. */
import { branches, choices, choose, session, switchTo } from "../state/store";
import { useMemo, useState } from "preact/hooks";
import { again, allowed, ask, begin, compareWithShortest, course, game, hint, level, made, moves, moveWords, playable, standing, stop, type Game, type Level, type Standing } from "./challenging";
import { cancel, failure, running } from "./checking";
import { Button, Core, Jump, number, Section } from "./parts";
import { showPanel, showRule } from "../state/room";
import { moment } from "../state/store";
import { right } from "./comparing";
import { Parked } from "./Parked";
import { text } from "./text";
import "./challenge.css";

export function Challenge() {
  const playing = game.value;
  const here = playing !== null && playing.session === session.value;
  return (
    <div class="panels challenge" role="region" aria-label={text("challenge")}>
      <h2 class="panels-title">{text("challenge-title")}</h2>
      {here ? <Playing it={playing} /> : <Choose />}
      {failure.value !== null && <p class="panels-note is-bad" role="alert">{text("check-failed")} <Core>{failure.value}</Core></p>}
      <Parked />
    </div>
  );
}

function Choose() {
  const all = useMemo(playable, []);
  const [name, setName] = useState((all.find((one) => moves(one) >= 7) ?? all[0])?.name ?? "");
  const rule = all.find((one) => one.name === name);
  return (
    <>
      <p>{text("challenge-note")}</p>
      <label class="panels-field">
        <span>{text("challenge-rule")}</span>
        <select value={name} onChange={(event) => setName(event.currentTarget.value)}>
          {all.map((one) => <option key={one.name} value={one.name}>{one.name} ({moveWords(moves(one))})</option>)}
        </select>
      </label>
      {rule !== undefined && <p class="panels-note"><Core>{rule.sentence}</Core></p>}
      <fieldset class="challenge-levels">
        <legend class="panels-soft">{text("challenge-level")}</legend>
        {(["easy", "fair", "exact"] as Level[]).map((one) => (
          <label key={one} class="panels-check">
            <input type="radio" name="challenge-level" checked={level.value === one} onChange={() => (level.value = one)} />
            {text(`level-${one}`)}
          </label>
        ))}
      </fieldset>
      <div class="panels-row">
        <Button kind="main" disabled={rule === undefined} onClick={() => { if (rule !== undefined) begin(rule); }}>
          <span aria-hidden="true">⚑ </span>{text("challenge-start")}
        </Button>
        <Button onClick={() => { const one = all[Math.floor(Math.random() * all.length)]; if (one !== undefined) begin(one); }}>
          <span aria-hidden="true">⚄ </span>{text("challenge-random")}
        </Button>
      </div>
    </>
  );
}

function Playing({ it }: { it: Game }) {
  const limit = allowed(it);
  const count = made.value ?? 0;
  const state = standing.value ?? "playing";
  return (
    <>
      <p>{text("challenge-goal", { invariant: it.rule.kill?.invariant ?? "", moves: moveWords(limit) })}</p>
      <p class="panels-row">
        <span class="panels-soft">{text("switched-off")}:</span>
        <Jump code onClick={() => showRule(it.rule.name)}>{it.rule.name}</Jump>
      </p>
      <p class="panels-note"><Core>{it.rule.sentence}</Core></p>
      <div class="challenge-count" role="status">
        <span class="challenge-moves">{number(count)}</span>
        <span>{text("of-moves", { moves: moveWords(limit) })}</span>
        <span class="challenge-track" aria-hidden="true">
          {Array.from({ length: Math.min(limit, 60) }, (_, place) => <span key={place} class={place < count ? "is-made" : place === it.shortest - 1 ? "is-par" : ""} />)}
        </span>
      </div>
      <Outcome it={it} state={state} count={count} />
      {state === "playing" && <Hint />}
      {it.given.length > 0 && <p class="panels-soft">{text("given", { n: it.given.length })}</p>}
      <div class="panels-row">
        <Button onClick={again} disabled={count === 0}><span aria-hidden="true">↺ </span>{text("challenge-again")}</Button>
        <Button kind="plain" onClick={stop}>{text("challenge-stop")}</Button>
      </div>
      {state === "playing" && <Moves />}
    </>
  );
}

function Outcome({ it, state, count }: { it: Game; state: Standing; count: number }) {
  if (state === "playing") return null;
  if (state === "lost") return <p class="panels-note is-warn" role="alert">{text("challenge-lost")}</p>;
  const longer = count - it.shortest;
  return (
    <div class={`panels-note ${state === "late" ? "is-warn" : "is-good"} challenge-outcome`} role="alert">
      {state === "shown"
        ? <p><strong>{text("their-way", { moves: moveWords(it.shortest) })}</strong></p>
        : (
          <>
            <p><strong>{state === "won" ? `★ ${text("challenge-won", { moves: moveWords(count) })}` : text("challenge-late", { moves: moveWords(count) })}</strong></p>
            <p>{longer <= 0 ? text("as-short") : text("shorter-by", { moves: moveWords(it.shortest), by: longer })}</p>
          </>
        )}
      {running.value !== null ? <Busy /> : <Ways />}
    </div>
  );
}

/** One's own way and the checker's. */
function Ways() {
  const own = branches.value.findLast((one) => one.origin !== "counterexample");
  const theirs = branches.value.find((one) => one.origin === "counterexample");
  if (theirs === undefined) return <Button onClick={compareWithShortest}>{text("show-shortest")}</Button>;
  const both = (): void => {
    if (own !== undefined) switchTo(own.id);
    right.value = { kind: "branch", branch: theirs.id, session: session.value! };
    showPanel("compare");
  };
  return (
    <div class="panels-row">
      {own !== undefined && <Button small onClick={() => switchTo(own.id)}>{text("own-branch")}</Button>}
      <Button small onClick={() => switchTo(theirs.id)}>{text("their-branch")}</Button>
      {own !== undefined && <Button small kind="plain" onClick={both}>{text("side-by-side")}</Button>}
    </div>
  );
}

function Busy() {
  return (
    <p class="panels-row" role="status">
      {text("looking", { n: number(running.value?.progress.states ?? 0) })}
      <Button small kind="plain" onClick={cancel}>{text("cancel")}</Button>
    </p>
  );
}

function Hint() {
  const said = hint.value;
  const fresh = said !== null && said.at === moment.value;
  const choice = fresh && said.name !== null ? choices.value.find((one) => one.name === said.name) : undefined;
  if (running.value !== null) return <Busy />;
  return (
    <div class="challenge-hint">
      <Button onClick={ask}><span aria-hidden="true">☼ </span>{text("hint")}</Button>
      {fresh && said.problem !== null && <p class="panels-note is-warn">{said.problem}</p>}
      {fresh && said.name !== null && (
        <p class="panels-row">
          {text(course.value !== null && said.left === 1 ? "hint-last" : "hint-next", { n: said.left })}
          {choice !== undefined ? <Button small onClick={() => choose(choice)}><Core mono>{said.name}</Core></Button> : <Core mono>{said.name}</Core>}
        </p>
      )}
    </div>
  );
}

/** All that can be done now, so that the game can be played from here alone. */
function Moves() {
  const possible = choices.value.filter((one) => one.effective);
  return (
    <Section title={text("moves-now", { n: possible.length })} open={false}>
      <div class="inspector-choices">
        {possible.map((one) => <Button key={one.index} small onClick={() => choose(one)}><Core>{one.name}</Core></Button>)}
      </div>
    </Section>
  );
}
