/** The messages on their way as a table: the same as on the drawing, in words. */
import { useState } from "preact/hooks";
import type { LetterView } from "../api/types";
import { selection, view } from "../state/store";
import { deliver, drop, duplicate, later, nameOf, perform, sooner, type Action } from "./actions";
import { queue } from "./state";
import { text, type StageText } from "./text";

export function stateWords(letter: LetterView): string {
  const parts = [letter.held ? text("heldBack") : text("onItsWay")];
  if (letter.copies > 1) parts.push(text("copies", { n: letter.copies }));
  if (letter.delivered === 1) parts.push(text("deliveredOnce"));
  if (letter.delivered > 1) parts.push(text("deliveredTimes", { n: letter.delivered }));
  return parts.join(", ");
}

function Do({ action, name, words, sign }: { action: Action; name: StageText; words: string; sign: string }) {
  return (
    <button
      type="button" aria-label={text(name, { what: words })} title={action.why ?? action.label}
      aria-disabled={action.why !== null} onClick={() => perform(action)}
    >{sign}</button>
  );
}

function Row({ letter }: { letter: LetterView }) {
  const words = text("letterLabel", { kind: letter.kind, epoch: letter.epoch.text, from: nameOf(letter.from), to: nameOf(letter.to) });
  const chosen = selection.value?.kind === "letter" && selection.value.letter === letter.id;
  return (
    <tr aria-current={chosen ? "true" : undefined} onClick={() => (selection.value = { kind: "letter", letter: letter.id })}>
      <td>{nameOf(letter.to)}</td>
      <td>{nameOf(letter.from)}</td>
      <td lang="en">{letter.name.replace(/^\S+ /, "")}</td>
      <td>{stateWords(letter)}</td>
      <td class="stage-row-do">
        <Do action={deliver(letter)} name="doDeliver" words={words} sign={text("deliver")} />
        <Do action={drop(letter)} name="doDrop" words={words} sign={text("drop")} />
        <Do action={duplicate(letter)} name="doDuplicate" words={words} sign={text("duplicate")} />
        <Do action={sooner(letter)} name="doEarlier" words={words} sign="↑" />
        <Do action={later(letter)} name="doLater" words={words} sign="↓" />
      </td>
    </tr>
  );
}

export function Flight() {
  const [open, setOpen] = useState(false);
  const count = view.value?.letters.reduce((sum, { copies }) => sum + copies, 0) ?? 0;
  return (
    <details class="stage-flight" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{text("flight", { n: count })}</summary>
      {open && (count === 0 ? <p>{text("none")}</p> : (
        <div class="stage-scroll" tabindex={0} role="region" aria-label={text("flight", { n: count })}>
          <table>
            <thead>
              <tr>
                <th scope="col">{text("colTo")}</th>
                <th scope="col">{text("colFrom")}</th>
                <th scope="col">{text("colWhat")}</th>
                <th scope="col">{text("colState")}</th>
                <th scope="col">{text("colDo")}</th>
              </tr>
            </thead>
            <tbody>{queue.value.map((letter) => <Row key={letter.id} letter={letter} />)}</tbody>
          </table>
        </div>
      ))}
    </details>
  );
}
