/** What must be true, and whether it is, at the moment that is shown. */
import type { InvariantView } from "../api/types";
import { about, events, goTo, session, step, view } from "../state/store";
import { Core, Holds, Jump, number } from "./parts";
import { text } from "./text";
import "./invariants.css";

/** The step of this branch at which an invariant first does not hold: a broken session goes no further. */
function firstBroken(name: string): { moment: number; step: number } | null {
  const found = events.value.find((event) => event.broken?.invariant === name);
  return found === undefined ? null : { moment: found.id, step: found.depth };
}

export function Invariants() {
  const now = view.value;
  if (now === null) return null;
  const broken = now.invariants.filter((one) => !one.holds);
  const holding = now.invariants.filter((one) => one.holds);
  const later = broken.length > 0 ? null : events.value.find((event) => event.broken !== null);
  return (
    <div class="panels invariants" role="region" aria-label={text("invariants")}>
      <div class="panels-row is-apart">
        <h2 class="panels-title">{text("invariants")}</h2>
        {broken.length === 0
          ? <Holds holds word={text("all-hold", { n: number(now.invariants.length) })} />
          : <Holds holds={false} word={text("n-broken", { n: number(broken.length) })} />}
      </div>
      {broken.map((one) => <Broken key={one.name} it={one} />)}
      {later !== undefined && later !== null && later.broken !== null && (
        <p class="panels-note is-warn">
          {text("breaks-later")} <Core mono>{later.broken.invariant}</Core>.{" "}
          <Jump onClick={() => goTo(later.id)}>{text("step-n", { n: later.depth })}</Jump>
        </p>
      )}
      <ul class="invariants-list">{holding.map((one) => <Holding key={one.name} it={one} />)}</ul>
      <p class="panels-soft">{text("invariants-note", { n: number(step.value), model: about.value?.model.name ?? "" })}</p>
    </div>
  );
}

function Broken({ it }: { it: InvariantView }) {
  const first = firstBroken(it.name);
  const parent = first === null ? null : (session.value?.event(first.moment)?.parent ?? null);
  return (
    <div class="invariants-broken" role="alert">
      <p class="invariants-name"><Holds holds={false} word={text("broken")} /> <Core mono>{it.name}</Core></p>
      <p><Core>{it.statement}</Core></p>
      {it.why !== null && <p class="invariants-why"><span aria-hidden="true">↯ </span><Core>{it.why}</Core></p>}
      {first !== null && (
        <p class="panels-row">
          <Jump onClick={() => goTo(first.moment)}>{text("broke-at", { n: first.step })}</Jump>
          {parent !== null && <Jump onClick={() => goTo(parent)}>{text("step-before")}</Jump>}
        </p>
      )}
    </div>
  );
}

function Holding({ it }: { it: InvariantView }) {
  return (
    <li>
      <Holds holds word={text("holds")} />
      <div>
        <Core mono>{it.name}</Core>
        <p class="panels-soft"><Core>{it.statement}</Core></p>
      </div>
    </li>
  );
}
