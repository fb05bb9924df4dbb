/** The menu of what is on the stage: beside it, or at the bottom edge of a small screen. */
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { narrow } from "../state/room";
import { about, announcement, selection, view } from "../state/store";
import { clientActions, letterActions, nameOf, nodeActions, perform, resourceActions, type Action } from "./actions";
import { meaning } from "./glyphs";
import { nodeLabel } from "./Node";
import { inbox, menu, type Target } from "./state";
import { text } from "./text";

const KEYS: Record<string, string> = { Delete: "Del", "Alt+ArrowUp": "Alt ↑", "Alt+ArrowDown": "Alt ↓" };
const keyName = (key: string): string => KEYS[key] ?? key.toUpperCase();

interface Content {
  title: string;
  english?: boolean;
  about: string | null;
  actions: Action[];
}

function contentOf(target: Target): Content | null {
  const [shown, open] = [view.value, about.value];
  if (shown === null || open === null) return null;
  switch (target.kind) {
    case "node": {
      const node = shown.nodes[target.node];
      if (node === undefined) return null;
      const waiting = shown.letters.filter(({ to }) => to === node.index).length;
      const label = nodeLabel(node, open, waiting);
      return { title: nameOf(node.index), about: label.slice(label.indexOf(",") + 2), actions: nodeActions(node) };
    }
    case "letter": {
      const letter = shown.letters.find(({ id }) => id === target.letter);
      if (letter === undefined) return null;
      return { title: letter.name, english: true, about: meaning(letter.kind), actions: letterActions(letter) };
    }
    case "resource":
      return { title: text("resource"), about: null, actions: resourceActions(shown) };
    case "clients":
      return { title: text("clients"), about: null, actions: clientActions(shown) };
  }
}

/** Opens the menu of something at a point of the window. */
export function openMenu(target: Target, x: number, y: number): void {
  menu.value = { target, x, y };
}

/** What waits at the receiver of a message, in the order in which it is to arrive. */
function Inbox({ letter }: { letter: number }) {
  const mine = view.value?.letters.find(({ id }) => id === letter);
  if (mine === undefined) return null;
  const list = inbox(mine.to);
  if (list.length < 2) return null;
  const around = Math.max(0, Math.min(list.findIndex(({ id }) => id === letter) - 3, list.length - 7));
  return (
    <div class="stage-inbox">
      <p>{text("inbox", { node: nameOf(mine.to) })}</p>
      <ol start={around + 1}>
        {list.slice(around, around + 7).map((one, i) => (
          <li key={one.id} aria-current={one.id === letter ? "true" : undefined} value={around + i + 1}>
            <span lang="en">{nameOf(one.from)} {one.kind} {one.epoch.text}</span>
            {around + i === 0 && <em>{text("isNext")}</em>}
          </li>
        ))}
      </ol>
    </div>
  );
}

function Item({ action, onDone }: { action: Action; onDone: (action: Action) => void }) {
  const off = action.why !== null;
  return (
    <button
      type="button" role="menuitem" tabindex={-1} aria-disabled={off}
      class={action.apart ? "stage-item stage-item-apart" : "stage-item"} onClick={() => onDone(action)}
    >
      <span class="stage-item-label" {...(action.english ? { lang: "en" } : {})}>{action.label}</span>
      {action.key !== undefined && <kbd aria-hidden="true">{keyName(action.key)}</kbd>}
      {off && action.why !== "" && <small>{action.why}</small>}
    </button>
  );
}

function place(box: HTMLElement, x: number, y: number): void {
  const edge = 8;
  const { width, height } = box.getBoundingClientRect();
  const left = x + width + edge > innerWidth ? x - width - 2 * edge : x;
  box.style.left = `${Math.max(edge, Math.min(left, innerWidth - width - edge))}px`;
  box.style.top = `${Math.max(edge, Math.min(y, innerHeight - height - edge))}px`;
}

export function Menu({ onClosed }: { onClosed: (target: Target, acted: boolean) => void }) {
  const box = useRef<HTMLDivElement>(null);
  const open = menu.value;
  const content = open === null ? null : contentOf(open.target);
  const shown = open !== null && content !== null;

  const close = (acted: boolean): void => {
    const target = menu.value?.target;
    menu.value = null;
    if (target !== undefined) onClosed(target, acted);
  };

  useLayoutEffect(() => {
    const element = box.current;
    if (!shown || element === null) return;
    if (!element.matches(":popover-open")) element.showPopover();
    if (narrow.value) element.style.left = element.style.top = "";
    else place(element, open.x, open.y);
    (element.querySelector<HTMLElement>('[role="menuitem"]:not([aria-disabled="true"])') ?? element.querySelector<HTMLElement>('[role="menuitem"]'))?.focus();
  }, [open]);

  useEffect(() => {
    if (open !== null && content === null) menu.value = null;
  });

  if (!shown) return null;

  const done = (action: Action): void => {
    if (action.why !== null) {
      announcement.value = `${action.label}: ${action.why}`;
      return;
    }
    if (!action.stays) close(true);
    perform(action);
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    const items = [...(box.current?.querySelectorAll<HTMLElement>('[role="menuitem"]') ?? [])];
    const at = items.indexOf(document.activeElement as HTMLElement);
    const go = (to: number): void => items[(to + items.length) % items.length]?.focus();
    const key = event.altKey ? `Alt+${event.key}` : event.key;
    if (key === "ArrowDown") go(at + 1);
    else if (key === "ArrowUp") go(at - 1);
    else if (key === "Home") go(0);
    else if (key === "End") go(-1);
    else if (key === "Escape" || key === "Tab") close(false);
    else {
      const meant = event.ctrlKey || event.metaKey ? undefined
        : content.actions.find((one) => one.key !== undefined && one.key.toLowerCase() === key.toLowerCase());
      // Enter and the space bar press the item; nothing typed here is meant for the page.
      if (meant === undefined) {
        if (!event.ctrlKey && !event.metaKey) event.stopPropagation();
        return;
      }
      done(meant);
    }
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div
      ref={box} popover="auto" class={narrow.value ? "stage-menu stage-sheet" : "stage-menu"}
      onKeyDown={onKeyDown} onToggle={(event) => event.newState === "closed" && menu.value === open && close(false)}
    >
      <header>
        <div>
          <strong {...(content.english ? { lang: "en" } : {})}>{content.title}</strong>
          {content.about !== null && <span>{content.about}</span>}
        </div>
        {narrow.value && <button type="button" class="stage-x" aria-label={text("close")} onClick={() => close(false)}>✕</button>}
      </header>
      <div role="menu" aria-label={text("menuOf", { what: content.title })}>
        {content.actions.map((action) => <Item key={action.id} action={action} onDone={done} />)}
      </div>
      {open.target.kind === "letter" && <Inbox letter={open.target.letter} />}
    </div>
  );
}

/** Selects what a menu is about. */
export function select(target: Target): void {
  if (target.kind === "clients") return;
  const old = selection.peek();
  const same = old !== null && JSON.stringify(old) === JSON.stringify(target);
  if (!same) selection.value = target;
}
