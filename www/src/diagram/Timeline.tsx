/** The transport: playing, stepping, the tape with what happened on it, and the branches. */
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { register } from "../state/commands";
import { branch, branches, events, goTo, goToStep, step, switchTo } from "../state/store";
import { Branches, brokenBy, forks } from "./Branches";
import { isFault } from "./layout";
import { SPEEDS, end, faster, pause, play, playing, speed, togglePlay } from "./play";
import { drawn, sentenceOf } from "./state";
import { TAPE_HEIGHT, onTape, tapeOf } from "./tape";
import { text } from "./timeline-text";
import "./epochs.css";
import "./timeline.css";

// ---- going places ------------------------------------------------------------------------------------------

function nextFault(): number | null {
  const at = events.value.findIndex((event, index) => index + 1 > step.value && isFault(event));
  return at === -1 ? null : at + 1;
}

function previousFault(): number | null {
  const at = events.value.findLastIndex((event, index) => index + 1 < step.value && isFault(event));
  return at === -1 ? null : at + 1;
}

/** Goes to a step that was asked for by hand: playing ends. */
function jump(to: number | null): void {
  pause();
  if (to !== null) goToStep(to);
}

/** The violation of this branch, or of the first that has one. */
function toViolation(): void {
  pause();
  const here = branches.value.find((one) => one.id === branch.value && brokenBy(one) !== null);
  const there = here ?? branches.value.find((one) => brokenBy(one) !== null);
  if (there === undefined) return;
  if (there !== here) switchTo(there.id);
  goTo(there.tip);
}

function toBranchPoint(): void {
  const points = forks.value;
  jump(points.find((one) => one > step.value) ?? points[0] ?? null);
}

function commands(): () => void {
  const past = (): boolean => step.value > 0;
  const future = (): boolean => step.value < end.value;
  return register(
    { id: "play-pause", group: "run", title: () => text(playing.value ? "pause" : "play"), keys: [" "], enabled: () => end.value > 0, run: togglePlay },
    { id: "step-back", group: "run", title: () => text("back"), keys: ["ArrowLeft"], enabled: past, run: () => jump(step.value - 1) },
    { id: "step-forward", group: "run", title: () => text("forward"), keys: ["ArrowRight"], enabled: future, run: () => jump(step.value + 1) },
    { id: "to-start", group: "run", title: () => text("start"), keys: ["Home"], enabled: past, run: () => jump(0) },
    { id: "to-end", group: "run", title: () => text("end"), keys: ["End"], enabled: future, run: () => jump(end.value) },
    { id: "previous-fault", group: "run", title: () => text("previousFault"), keys: ["Shift+ArrowLeft"], enabled: () => previousFault() !== null, run: () => jump(previousFault()) },
    { id: "next-fault", group: "run", title: () => text("nextFault"), keys: ["Shift+ArrowRight"], enabled: () => nextFault() !== null, run: () => jump(nextFault()) },
    { id: "to-violation", group: "run", title: () => text("violation"), keys: ["v"], enabled: () => branches.value.some((one) => brokenBy(one) !== null), run: toViolation },
    { id: "to-branch-point", group: "run", title: () => text("branchPoint"), keys: ["b"], enabled: () => forks.value.length > 0, run: toBranchPoint },
    { id: "pick-branch", group: "run", title: () => text("pickBranch"), run: () => document.getElementById("branches-panel")?.showPopover() },
    { id: "slower", group: "run", title: () => text("slower"), keys: ["["], enabled: () => speed.value > 0, run: () => faster(-1) },
    { id: "faster", group: "run", title: () => text("faster"), keys: ["]"], enabled: () => speed.value < SPEEDS.length - 1, run: () => faster(1) },
  );
}

// ---- what is seen ------------------------------------------------------------------------------------------

interface Key {
  name: "start" | "back" | "play" | "pause" | "forward" | "end";
  shown: string;
  d: string;
  off?: boolean;
  run: () => void;
}

function Press({ name, shown, d, off = false, run }: Key) {
  return (
    <button
      type="button" class={`button quiet icon timeline-${name}`} aria-label={text(name)} title={`${text(name)} (${shown})`} aria-disabled={off}
      onClick={() => !off && run()}
    >
      <svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true"><path class="timeline-icon" d={d} /></svg>
    </button>
  );
}

function Transport() {
  const [past, future] = [step.value > 0, step.value < end.value];
  return (
    <div class="timeline-transport" role="group" aria-label={text("timeline")}>
      <Press name="start" shown="Home" d="M5 4v12M16 4L7.5 10L16 16z" off={!past} run={() => jump(0)} />
      <Press name="back" shown="←" d="M14 4L5 10L14 16z" off={!past} run={() => jump(step.value - 1)} />
      {playing.value
        ? <Press name="pause" shown="␣" d="M5 4h3.5v12H5zM11.5 4H15v12h-3.5z" run={pause} />
        : <Press name="play" shown="␣" d="M5.5 3L16.5 10L5.5 17z" off={end.value === 0} run={play} />}
      <Press name="forward" shown="→" d="M6 4L15 10L6 16z" off={!future} run={() => jump(step.value + 1)} />
      <Press name="end" shown="End" d="M15 4v12M4 4L12.5 10L4 16z" off={!future} run={() => jump(end.value)} />
    </div>
  );
}

function speedText(): string {
  const rate = SPEEDS[speed.value]!;
  return rate === Infinity ? text("perFrame") : text(rate === 1 ? "perSecondOne" : "perSecond", { n: rate });
}

function Speed() {
  const rate = SPEEDS[speed.value]!;
  return (
    <label class="timeline-speed" title={`${text("speed")}: ${speedText()} ([ ])`}>
      <span class="unseen">{text("speed")}</span>
      <input
        type="range" min={0} max={SPEEDS.length - 1} step={1} value={speed.value} aria-valuetext={speedText()}
        onInput={(event) => (speed.value = Number(event.currentTarget.value))}
      />
      <output aria-hidden="true">{rate === Infinity ? "max" : rate === 0.5 ? "½/s" : `${rate}/s`}</output>
    </label>
  );
}

/** Half the width of the thumb: the tape begins in its middle. */
const THUMB = 8;
const wide = signal(600);

function Painted() {
  const now = drawn.value;
  if (now === null) return null;
  return (
    <svg class="timeline-painted" width={wide.value} height={TAPE_HEIGHT} aria-hidden="true">
      {tapeOf(now.track, forks.value, wide.value).map((shape) =>
        shape.t === "text"
          ? <text key={shape.k} class={shape.c} x={shape.x} y={shape.y}>{shape.s}</text>
          : shape.t === "path" && <path key={shape.k} class={shape.c} d={shape.d} />)}
    </svg>
  );
}

function said(): string {
  const event = events.value[step.value - 1];
  const where = text("step", { step: step.value, steps: end.value });
  return event === undefined ? where : `${where}. ${sentenceOf(event)}`;
}

function slide(event: KeyboardEvent): void {
  if (event.key === " ") togglePlay();
  else if (event.shiftKey && event.key === "ArrowLeft") jump(previousFault());
  else if (event.shiftKey && event.key === "ArrowRight") jump(nextFault());
  else return;
  event.preventDefault();
  event.stopPropagation();
}

function Tape() {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const tape = element.current!;
    const sizes = new ResizeObserver(() => {
      wide.value = Math.max(40, tape.clientWidth - 2 * THUMB);
    });
    sizes.observe(tape);
    return () => sizes.disconnect();
  }, []);
  const at = Math.min(step.value, end.value);
  return (
    <div class="timeline-tape" ref={element}>
      <Painted />
      <div class="timeline-later" style={{ left: `${THUMB + onTape(at, end.value, wide.value)}px` }} />
      <input
        type="range" min={0} max={end.value} step={1} value={at} aria-label={text("tape")} aria-valuetext={said()}
        onInput={(event) => jump(Number(event.currentTarget.value))} onKeyDown={slide}
      />
    </div>
  );
}

export function Timeline() {
  useEffect(commands, []);
  useEffect(() => pause, []);
  return (
    <div class="timeline">
      <Transport />
      <Speed />
      <Tape />
      <p class="timeline-step"><span class="unseen">{text("step", { step: step.value, steps: end.value })}</span><span aria-hidden="true"><b>{step.value}</b>/{end.value}</span></p>
      <Branches />
    </div>
  );
}
