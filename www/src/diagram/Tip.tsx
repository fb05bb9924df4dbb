/** What happened at a step, beside its mark. */
import { useLayoutEffect, useRef } from "preact/hooks";
import { about } from "../state/store";
import { drawn, nameOf, whereOf } from "./state";
import { text } from "./text";

/** Changes that are listed; more are counted. */
const MOST = 7;

export function Tip({ at, place }: { at: number; place: { x: number; y: number } }) {
  const element = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const tip = element.current!;
    const { offsetWidth: wide, offsetHeight: high } = tip;
    const left = Math.max(6, Math.min(place.x - 24, innerWidth - wide - 6));
    const over = place.y - high - 14;
    tip.style.left = `${left}px`;
    tip.style.top = `${over >= 6 ? over : Math.min(place.y + 16, innerHeight - high - 6)}px`;
  });
  const event = drawn.value!.track.events[at - 1];
  if (event === undefined) return null;
  const more = event.changes.length - MOST;
  return (
    <div class="diagram-tip" ref={element} role="tooltip">
      <p class="diagram-tip-head">
        <span>{at}</span> {whereOf(event)}
        {about.value?.timed === true && <span class="diagram-tip-time">{text("tipTime", { time: event.time })}</span>}
      </p>
      <p class="diagram-tip-what" lang="en">{event.label}</p>
      {event.changes.length > 0 && (
        <ul lang="en">
          {event.changes.slice(0, MOST).map((change) => <li key={change}>{change}</li>)}
          {more > 0 && <li>… +{more}</li>}
        </ul>
      )}
      {event.broken !== null && (
        <p class="diagram-tip-broken" lang="en"><b>{text("violated", { invariant: event.broken.invariant })}</b> {event.broken.why}</p>
      )}
      {about.value?.timed === true && (
        <p class="diagram-tip-clocks">{event.lanes.map((lane, node) => `${nameOf(node)} ${lane.clock}`).join(" · ")}</p>
      )}
    </div>
  );
}
