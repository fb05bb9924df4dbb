import { effect, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { going, stop } from "../share/replay";
import { announcement, remark, trouble, view } from "../state/store";
import { text } from "./text";

/** What the polite region says now. */
const spoken = signal("");
const GAP = 1_000;

/** At once, and then at most once a second, the newest. */
function speak(): () => void {
  let last = -Infinity;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = effect(() => {
    const sentence = announcement.value;
    clearTimeout(timer);
    const say = (): void => {
      last = performance.now();
      spoken.value = sentence;
    };
    const wait = last + GAP - performance.now();
    if (wait <= 0) say();
    else timer = setTimeout(say, wait);
  });
  return () => {
    clearTimeout(timer);
    stop();
  };
}

/** A waiting new version of the page; called to change to it. */
export const update = signal<(() => void) | null>(null);

/** Whether a file hangs over the page. */
export const dropping = signal(false);

/** A long run on its way to be opened, and the way out. */
function Progress() {
  const now = going.value;
  if (now === null) return null;
  const said = text("going", { done: now.done.toLocaleString("en"), all: now.all.toLocaleString("en") });
  return (
    <div class="notice">
      <p>{said}</p>
      <progress aria-label={said} value={now.done} max={now.all} />
      <button type="button" class="button" onClick={stop}>{text("goingStop")}</button>
    </div>
  );
}

export function Notices() {
  useEffect(speak, []);
  const broken = view.value?.broken ?? null;
  const sentence = trouble.value;
  return (
    <>
      <div class="unseen" aria-live="polite">{spoken}</div>
      <div class="unseen" role="alert">
        {broken !== null && text("violation", { name: broken.invariant, why: broken.why })}
      </div>
      {dropping.value && <div class="shell-drop" aria-hidden="true">{text("drop")}</div>}
      <div class="shell-notices">
        <Progress />
        <div role="alert">
          {sentence !== null && (
            <div class="notice bad">
              <span class="notice-mark" aria-hidden="true">!</span>
              <p>{sentence}</p>
              <button type="button" class="button quiet" onClick={() => (trouble.value = null)}>{text("dismiss")}</button>
            </div>
          )}
        </div>
        {remark.value !== null && (
          <div class="notice" role="status">
            <p>{text("openedWithNote", { note: remark.value })}</p>
            <button type="button" class="button quiet" onClick={() => (remark.value = null)}>{text("dismiss")}</button>
          </div>
        )}
        {update.value !== null && (
          <div class="notice" role="status">
            <p>{text("newVersion")}</p>
            <button type="button" class="button" onClick={update.value}>{text("reload")}</button>
          </div>
        )}
      </div>
    </>
  );
}
