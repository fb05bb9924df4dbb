/** The room where one learns: scenarios, and the vocabulary with a scenario for each word. */
import { room } from "../state/room";
import { language } from "../state/text";
import { type Entry, GROUPS, type Group, SCENARIOS } from "./scenarios";
import { text } from "./text";
import { beginGuide, tell } from "./touring";
import { WORDS, type Word } from "./words";
import "./learn.css";

function Title({ entry }: { entry: Entry }) {
  return (
    <li>
      <button type="button" class="learn-card" onClick={() => void tell(entry.id)}>
        <span class="learn-name">{entry.title[language.value]}</span>
        <span class="soft">{entry.about[language.value]}</span>
        {entry.violated && <span class="tag bad"><span aria-hidden="true">✗</span> {text("violated")}</span>}
      </button>
    </li>
  );
}

function Scenarios({ group }: { group: Group }) {
  return (
    <section class="learn-group" aria-labelledby={`learn-${group}`}>
      <h2 id={`learn-${group}`}>{text(group)}</h2>
      <ul class="learn-list">
        {SCENARIOS.filter((entry) => entry.group === group).map((entry) => <Title key={entry.id} entry={entry} />)}
      </ul>
    </section>
  );
}

function Meaning({ word }: { word: Word }) {
  const shown = SCENARIOS.find((entry) => entry.id === word.scenario);
  return (
    <div class="learn-word">
      <dt>{word.name[language.value]}</dt>
      <dd>
        {word.text[language.value]}{" "}
        {shown !== undefined && (
          <button type="button" class="learn-see" onClick={() => void tell(shown.id)}>{text("see", { title: shown.title[language.value] })}</button>
        )}
      </dd>
    </div>
  );
}

function guideAgain(): void {
  room.value = "play";
  beginGuide();
}

export function Learn() {
  return (
    <div class="learn">
      <header class="learn-head">
        <h1>{text("learnTitle")}</h1>
        <p>{text("learnIntro")}</p>
        <button type="button" class="button" onClick={guideAgain}>{text("guideAgain")}</button>
      </header>
      {GROUPS.map((group) => <Scenarios key={group} group={group} />)}
      <section aria-labelledby="learn-words">
        <h2 id="learn-words">{text("wordsTitle")}</h2>
        <p class="soft">{text("wordsIntro")}</p>
        <dl class="learn-words">{WORDS.map((word) => <Meaning key={word.name.en} word={word} />)}</dl>
      </section>
    </div>
  );
}
