/** The run as a table, a hundred steps at a time; the page with the cursor is the one that is shown. */
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { about, goTo, moment, selection, step } from "../state/store";
import type { EventView } from "../api/types";
import { drawn, selectedStep, whereOf } from "./state";
import { text } from "./text";

const PAGE = 100;
/** The page that is looked at; null: the one with the cursor. */
const turned = signal<number | null>(null);

const pageOf = (at: number): number => Math.floor(Math.max(0, at - 1) / PAGE);

function pick(event: EventView): void {
  turned.value = null;
  goTo(event.id);
  selection.value = { kind: "event", moment: event.id };
}

function Row({ event, at, here, chosen, timed }: { event: EventView; at: number; here: boolean; chosen: boolean; timed: boolean }) {
  return (
    <tr
      class={`${here ? "here" : ""} ${event.broken === null ? "" : "broken"}`} aria-current={here ? "step" : undefined} aria-rowindex={at + 1}
      onClick={() => pick(event)}
    >
      <th scope="row"><button type="button" aria-pressed={chosen} aria-label={`${text("step")} ${at}`}>{at}</button></th>
      {timed && <td class="number">{event.time}</td>}
      <td class="where">{whereOf(event)}</td>
      <td lang="en">{event.label}</td>
      <td lang="en">
        {event.changes.join("; ")}
        {event.broken !== null && <strong class="diagram-list-broken">{text("violated", { invariant: event.broken.invariant })}: {event.broken.why}</strong>}
      </td>
    </tr>
  );
}

function Pager({ page, all }: { page: number; all: number }) {
  if (all <= PAGE) return null;
  const [first, last] = [page * PAGE + 1, Math.min(all, (page + 1) * PAGE)];
  return (
    <nav class="diagram-pager" aria-label={text("tabList")}>
      <button type="button" class="button icon" aria-label={text("earlier")} disabled={page === 0} onClick={() => (turned.value = page - 1)}>‹</button>
      <span class="mono">{text("rows", { first, last, all })}</span>
      <button type="button" class="button icon" aria-label={text("later")} disabled={last >= all} onClick={() => (turned.value = page + 1)}>›</button>
    </nav>
  );
}

/** Up and down go from step to step. */
function walk(event: KeyboardEvent): void {
  const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
  if (by === 0 || !(event.target instanceof HTMLButtonElement) || event.target.closest("tbody") === null) return;
  event.preventDefault();
  event.stopPropagation();
  const { track, steps } = drawn.value!;
  const next = Math.max(1, Math.min(steps, Number(event.target.textContent) + by));
  pick(track.events[next - 1]!);
  const table = event.currentTarget as HTMLElement;
  setTimeout(() => table.querySelector<HTMLElement>("tr.here button")?.focus(), 0);
}

export function List() {
  const outer = useRef<HTMLDivElement>(null);
  const { track, steps } = drawn.value!;
  const at = Math.min(step.value, steps);
  const page = Math.min(turned.value ?? pageOf(at), pageOf(steps));
  const timed = about.value?.timed === true;
  useEffect(() => {
    turned.value = null;
  }, [moment.value]);
  useEffect(() => {
    if (turned.peek() === null) outer.current?.querySelector(".here")?.scrollIntoView({ block: "nearest" });
    else outer.current?.scrollTo(0, 0);
  }, [at, page]);
  const rows = track.events.slice(page * PAGE, (page + 1) * PAGE);
  return (
    <div class="diagram-list" ref={outer} onKeyDown={walk}>
      <table aria-rowcount={steps + 1}>
        <caption class="unseen">{text("diagram")}: {text("tabList")}</caption>
        <thead>
          <tr aria-rowindex={1}>
            <th scope="col">{text("step")}</th>
            {timed && <th scope="col">{text("when")}</th>}
            <th scope="col">{text("where")}</th>
            <th scope="col">{text("what")}</th>
            <th scope="col">{text("changes")}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((event, index) => {
            const one = page * PAGE + index + 1;
            return <Row key={event.id} event={event} at={one} here={one === at} chosen={one === selectedStep.value} timed={timed} />;
          })}
        </tbody>
      </table>
      {steps === 0 && <p class="diagram-nothing">{text("nothing")}</p>}
      <Pager page={page} all={steps} />
    </div>
  );
}
