/** The card of what is being told, over the machines. */
import { useEffect, useRef } from "preact/hooks";
import { language } from "../state/text";
import { text } from "./text";
import { type Act } from "./scenarios";
import { act, beginGuide, card, folded, GUIDE, leave, makeRoom, onTrack, stillHere, tour, turn, turnGuide } from "./touring";
import { session, step } from "../state/store";
import { embedded, narrow } from "../state/room";
import { busy } from "../panels/busy";
import "./tour.css";

const SEEN = "quorate.guided";

function seen(): boolean {
  try {
    return localStorage.getItem(SEEN) !== null;
  } catch {
    return false;
  }
}

function remember(): void {
  try {
    localStorage.setItem(SEEN, "yes");
  } catch {
    // Storage is off: the guide greets again next time.
  }
}

/** A first visit without a link is greeted; every other one has something of its own to show. */
function greet(): void {
  if (!seen() && !embedded.value && location.hash === "" && tour.value === null) beginGuide();
  remember();
}

const ACTS: Record<Act, "actCrash" | "actCheck" | "actChallenge" | "actCompare" | "actDesigner"> = {
  crash: "actCrash",
  check: "actCheck",
  challenge: "actChallenge",
  compare: "actCompare",
  designer: "actDesigner",
};

interface Sheet {
  title: string;
  body: string;
  at: number;
  of: number;
  turn: (by: 1 | -1) => void;
  action: { label: string; run: () => void } | null;
  aside: string | null;
}

function Card({ title, body, at, of, turn: go, action, aside }: Sheet) {
  const last = at === of - 1;
  const small = narrow.value && folded.value;
  const other = text(small ? "unfold" : "fold");
  return (
    <aside class={small ? "tour is-folded" : "tour"} aria-label={title}>
      <header class="tour-head">
        <h2>{title}</h2>
        <span class="soft" aria-label={text("cardOf", { at: at + 1, of })}>{at + 1}/{of}</span>
        {narrow.value && (
          <button type="button" class="button quiet icon tour-fold" aria-label={other} title={other} aria-expanded={!small} onClick={() => (folded.value = !folded.value)}>
            <span aria-hidden="true">{small ? "▾" : "▴"}</span>
          </button>
        )}
        <button type="button" class="button quiet icon tour-close" aria-label={text("leave")} title={text("leave")} onClick={leave}>✕</button>
      </header>
      {!small && <p class="tour-body" aria-live="polite">{body}</p>}
      {!small && aside !== null && <p class="soft">{aside}</p>}
      {!small && <footer class="tour-foot">
        <button type="button" class="button" disabled={at === 0} onClick={() => go(-1)}>{text("back")}</button>
        {action !== null && <button type="button" class={`button ${last ? "primary" : ""}`} onClick={action.run}>{action.label}</button>}
        {last
          ? <button type="button" class="button" onClick={leave}>{text("end")}</button>
          : <button type="button" class="button primary" onClick={() => go(1)}>{text("next")}</button>}
      </footer>}
    </aside>
  );
}

function GuideCard({ at, again }: { at: number; again: boolean }) {
  const shown = GUIDE[at]!;
  const done = shown.done?.() ?? false;
  // Whoever went back to a card wants to read it: only doing its deed again leads on.
  const stays = useRef(again);
  useEffect(() => {
    if (!done) stays.current = false;
    else if (!stays.current) turnGuide(1);
  }, [done]);
  const action = shown.act === undefined ? null : { label: text(shown.act.label), run: shown.act.run };
  return <Card title={text("guideTitle")} body={text(shown.key)} at={at} of={GUIDE.length} turn={turnGuide} action={action} aside={null} />;
}

function StoryCard() {
  const [shown, words] = [tour.value, card.value];
  if (shown?.kind !== "scenario" || words === null) return null;
  const action = words.act === undefined ? null : { label: text(ACTS[words.act]), run: () => act(words.act!) };
  const aside = onTrack.value ? null : text("offTrack");
  const { title, cards } = shown.scenario;
  return (
    <Card title={title[language.value]} body={words.text[language.value]} at={shown.at} of={cards.length} turn={turn} action={action} aside={aside} />
  );
}

export function Tour() {
  const here = stillHere.value;
  useEffect(() => {
    if (session.value !== null) greet();
  }, []);
  useEffect(() => {
    if (!here) leave();
  }, [here]);
  // A search that begins makes room for what it finds; one that was running before the story began does not fold it.
  const searching = busy.value;
  const before = useRef(searching);
  useEffect(() => {
    if (searching && !before.current) makeRoom();
    before.current = searching;
  }, [searching]);
  void step.value;
  const shown = tour.value;
  if (shown === null || !here) return null;
  return shown.kind === "guide" ? <GuideCard key={shown.at} at={shown.at} again={shown.at < shown.reached} /> : <StoryCard />;
}
