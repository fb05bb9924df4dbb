import { commands, type Command } from "../state/commands";
import { singleKeys } from "../state/room";
import { keyParts } from "./keys";
import { Modal } from "./Modal";
import { setSingleKeys } from "./settings";
import { text } from "./text";

export const GROUPS = [
  ["run", "groupRun"], ["stage", "groupStage"], ["view", "groupView"],
  ["check", "groupCheck"], ["share", "groupShare"], ["help", "groupHelp"],
] as const;

export function Keys({ name }: { name: string }) {
  return <span class="keys">{keyParts(name).map((part) => <kbd key={part}>{part}</kbd>)}</span>;
}

function Row({ command }: { command: Command }) {
  return (
    <div class="help-row">
      <dt>{command.title()}</dt>
      <dd>{command.keys!.map((name) => <Keys key={name} name={name} />)}</dd>
    </div>
  );
}

/** All that has a key, and what the pointer does. */
export function Help() {
  const keyed = commands.value.filter((one) => (one.keys?.length ?? 0) > 0);
  return (
    <Modal title={text("help")} class="wide">
      <p class="soft">{text("helpIntro", { key: "Ctrl K" })}</p>
      <label class="check">
        <input type="checkbox" checked={singleKeys.value} onChange={(event) => setSingleKeys(event.currentTarget.checked)} />
        {text("singleKeys")}
      </label>
      <div class="help-groups">
        {GROUPS.map(([group, title]) => {
          const own = keyed.filter((one) => one.group === group);
          return own.length > 0 && (
            <section key={group}>
              <h3>{text(title)}</h3>
              <dl>{own.map((command) => <Row key={command.id} command={command} />)}</dl>
            </section>
          );
        })}
        <section>
          <h3>{text("helpPointer")}</h3>
          <ul>
            <li>{text("helpPointer1")}</li>
            <li>{text("helpPointer2")}</li>
            <li>{text("helpPointer3")}</li>
          </ul>
        </section>
      </div>
    </Modal>
  );
}
