/** Cutting the network without drawing: who is on one side. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { NodeIndex } from "../api/types";
import { about } from "../state/store";
import { cut, cutReason, nameOf, perform } from "./actions";
import { cutting } from "./state";
import { text } from "./text";

function Form({ onClose }: { onClose: () => void }) {
  const nodes = about.value?.nodes ?? [];
  const [side, setSide] = useState<NodeIndex[]>([0]);
  const [oneWay, setOneWay] = useState(false);
  const none = cutReason();
  const action = side.length === 0 || side.length === nodes.length ? null : cut(side, !oneWay);
  const why = none ?? (action === null ? text("cutNeedsSides") : action.why);
  const toggle = (node: NodeIndex): void =>
    setSide(side.includes(node) ? side.filter((one) => one !== node) : [...side, node].sort((a, b) => a - b));
  const submit = (event: Event): void => {
    event.preventDefault();
    if (why !== null || action === null) return;
    onClose();
    perform(action);
  };
  return (
    <form onSubmit={submit}>
      <h2>{text("cutTitle")}</h2>
      <fieldset>
        <legend>{text("cutPick")}</legend>
        <div class="stage-sides">
          {nodes.map(({ index }) => (
            <label key={index}>
              <input type="checkbox" checked={side.includes(index)} onChange={() => toggle(index)} />
              <span>{nameOf(index)}</span>
            </label>
          ))}
        </div>
      </fieldset>
      <label class="stage-oneway">
        <input type="checkbox" checked={oneWay} onChange={() => setOneWay(!oneWay)} />
        <span>{text("cutOneWay")}</span>
      </label>
      <p class="stage-cutsays" role="status">{why ?? action?.label}</p>
      <div class="stage-buttons">
        <button type="submit" class="stage-do" aria-disabled={why !== null}>{text("cutDo")}</button>
        <button type="button" onClick={onClose}>{text("cancel")}</button>
      </div>
    </form>
  );
}

export function CutDialog() {
  const box = useRef<HTMLDialogElement>(null);
  const open = cutting.value;
  useEffect(() => {
    if (open) box.current?.showModal();
  }, [open]);
  if (!open) return null;
  const close = (): void => {
    box.current?.close();
    cutting.value = false;
  };
  return (
    <dialog ref={box} class="stage-cutdialog" aria-label={text("cutTitle")} onClose={() => (cutting.value = false)} onKeyDown={(event) => event.stopPropagation()}>
      <Form onClose={close} />
    </dialog>
  );
}
