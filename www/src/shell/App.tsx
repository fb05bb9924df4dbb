/** The frame of the page: what stands where, and what is said when something cannot be shown. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { bytesOf } from "../api/parts";
import { Timeline } from "../diagram/Timeline";
import { writeLink } from "../share/link";
import { Stage } from "../stage/Stage";
import { dialog, embedded, narrow, room, slim } from "../state/room";
import { current, note, session, step } from "../state/store";
import { Boundary } from "./Boundary";
import { failure, openStart, stage } from "./boot";
import { Header, Mark, Verdict } from "./Header";
import { later } from "./later";
import { Notices } from "./Notices";
import { drawer, Panels } from "./Panels";
import { text } from "./text";
import "./shell.css";

const Diagram = later(async () => (await import("../diagram/Diagram")).Diagram);
const Tour = later(async () => (await import("../learn/Tour")).Tour, () => null);
const Designer = later(async () => {
  const { loadPlan } = await import("../api/plan");
  const [{ Designer }] = await Promise.all([import("../designer/Designer"), loadPlan(bytesOf("plan"))]);
  return Designer;
});
const Learn = later(async () => (await import("../learn/Learn")).Learn);
const Dialogs = later(async () => (await import("./Dialogs")).Dialogs);

/** As in the style sheets: too few columns for all that stands on a page, or too few rows. */
const SLIM = "(max-width: 799px)";
const NARROW = `${SLIM}, (max-height: 540px) and (orientation: landscape)`;

function watchSize(): () => void {
  const queries = [[slim, matchMedia(SLIM)], [narrow, matchMedia(NARROW)]] as const;
  const ends = queries.map(([known, query]) => {
    const take = (): void => {
      known.value = query.matches;
    };
    take();
    query.addEventListener("change", take);
    return () => query.removeEventListener("change", take);
  });
  return () => ends.forEach((end) => end());
}

function Machines() {
  return (
    <section class="shell-stage" id="stage" aria-label={text("stage")} tabIndex={-1} data-keys>
      <Boundary><Stage /></Boundary>
      <Boundary quiet><Tour /></Boundary>
    </section>
  );
}

function Time() {
  return (
    <section class="shell-timeline" aria-label={text("timeline")} data-keys>
      <Boundary><Timeline /></Boundary>
    </section>
  );
}

function Play() {
  return (
    <main class={`shell-play drawer-${drawer.value}`}>
      <Machines />
      <Boundary><Panels /></Boundary>
      {!narrow.value && (
        <section class="shell-diagram" aria-label={text("diagram")} tabIndex={-1} data-keys>
          <Boundary><Diagram /></Boundary>
        </section>
      )}
      <Time />
    </main>
  );
}

function Embedded() {
  const link = useSignal(location.hash);
  const tip = current.value?.tip ?? 0;
  const at = step.value;
  useEffect(() => {
    const timer = setTimeout(() => {
      const run = session.value?.link(tip, note.value);
      if (run !== undefined) void writeLink({ run, at }).then((written) => (link.value = written));
    }, 300);
    return () => clearTimeout(timer);
  }, [tip, at]);
  return (
    <main class="shell-embedded">
      <Machines />
      <Time />
      <footer class="shell-embedded-foot">
        <Boundary quiet><Verdict brief={false} /></Boundary>
        <a href={`./${link}`} target="_blank" rel="noopener"><Mark />{text("embedOpen")}</a>
      </footer>
    </main>
  );
}

function Message() {
  if (stage.value === "loading") return <p class="shell-wait" role="status">{text("loading")}</p>;
  if (stage.value === "failed") {
    return (
      <div class="shell-broke" role="alert">
        <p>{text("loadFailed", { why: failure.value })}</p>
        <p class="soft">{text("needs")}</p>
        <button type="button" class="button" onClick={() => location.reload()}>{text("reload")}</button>
      </div>
    );
  }
  return (
    <div class="shell-broke">
      <p>{text("nothingOpen")}</p>
      <button type="button" class="button" onClick={openStart}>{text("startAnew")}</button>
    </div>
  );
}

function Body() {
  if (stage.value !== "ready" || session.value === null) return <main class="shell-message"><Message /></main>;
  if (embedded.value) return <Embedded />;
  switch (room.value) {
    case "design":
      return <main class="shell-room"><Boundary><Designer /></Boundary></main>;
    case "learn":
      return <main class="shell-room"><Boundary><Learn /></Boundary></main>;
    case "play":
      return <Play />;
  }
}

export function App() {
  useEffect(watchSize, []);
  return (
    <div class="shell">
      {!embedded.value && <Boundary><Header /></Boundary>}
      <Boundary quiet><Notices /></Boundary>
      <Boundary><Body /></Boundary>
      {dialog.value !== null && <Boundary><Dialogs /></Boundary>}
    </div>
  );
}
