import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { dialog } from "../state/room";
import { text } from "./text";

interface Props {
  title: string;
  /** Beside the class of every dialog. */
  class?: string;
  children: ComponentChildren;
}

/** A native dialog over the page. Escape, its button and a press beside it close it; the focus goes back. */
export function Modal({ title, class: added = "", children }: Props) {
  const element = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const shown = element.current!;
    const from = document.activeElement;
    shown.showModal();
    return () => {
      shown.close();
      if (from instanceof HTMLElement || from instanceof SVGElement) from.focus({ preventScroll: true });
    };
  }, []);
  const close = (): void => {
    dialog.value = null;
  };
  return (
    <dialog
      ref={element}
      class={`dialog ${added}`}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
      onClick={(event) => event.target === element.current && close()}
    >
      <div class="dialog-body">
        <header class="dialog-head">
          <h2 id={id}>{title}</h2>
          <button type="button" class="button quiet icon" aria-label={text("close")} title={text("close")} onClick={close}>
            <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path d="M3 3l10 10M13 3L3 13" /></svg>
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
