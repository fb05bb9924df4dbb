import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { commands, type Command } from "../state/commands";
import { dialog } from "../state/room";
import { GROUPS, Keys } from "./Help";
import { Modal } from "./Modal";
import { text } from "./text";

const possible = (command: Command): boolean => command.enabled?.() ?? true;

/** All words of what is typed are somewhere in the title. */
function like(command: Command, typed: string): boolean {
  const title = `${command.title()} ${command.id}`.toLowerCase();
  return typed.toLowerCase().split(/\s+/).every((word) => title.includes(word));
}

/** All commands by name: type, arrow, Enter. */
export function Palette() {
  const typed = useSignal("");
  const at = useSignal(0);
  const list = useRef<HTMLUListElement>(null);
  const order = (one: Command): number => GROUPS.findIndex(([group]) => group === one.group);
  const found = commands.value
    .filter((one) => one.id !== "commands" && like(one, typed.value))
    .sort((a, b) => Number(possible(b)) - Number(possible(a)) || order(a) - order(b));
  const chosen = Math.min(at.value, found.length - 1);
  useEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [chosen]);
  const run = (command: Command | undefined): void => {
    if (command === undefined || !possible(command)) return;
    dialog.value = null;
    // After the dialog has given the focus back.
    setTimeout(() => command.run());
  };
  const press = (event: KeyboardEvent): void => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by !== undefined) at.value = (chosen + by + found.length) % Math.max(1, found.length);
    else if (event.key === "Enter") run(found[chosen]);
    else return;
    event.preventDefault();
  };
  return (
    <Modal title={text("commands")} class="palette">
      <input
        type="search"
        class="input"
        role="combobox"
        list={undefined}
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={found.length > 0 ? `palette-${chosen}` : undefined}
        aria-label={text("commandFind")}
        placeholder={text("commandFind")}
        autofocus
        value={typed}
        onInput={(event) => {
          typed.value = event.currentTarget.value;
          at.value = 0;
        }}
        onKeyDown={press}
      />
      {found.length === 0 && <p class="soft" role="status">{text("commandNone")}</p>}
      <ul id="palette-list" role="listbox" aria-label={text("commands")} ref={list}>
        {found.map((command, index) => (
          <li
            key={command.id}
            id={`palette-${index}`}
            role="option"
            aria-selected={index === chosen}
            aria-disabled={!possible(command)}
            onClick={() => run(command)}
          >
            <span>{command.title()}</span>
            {!possible(command) && <span class="soft">{text("commandOff")}</span>}
            {command.keys?.[0] !== undefined && <Keys name={command.keys[0]} />}
          </li>
        ))}
      </ul>
    </Modal>
  );
}
