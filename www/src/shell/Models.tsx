import { signal, useSignal } from "@preact/signals";
import { catalogue } from "../api/core";
import type { CatalogueEntry, Model } from "../api/types";
import { dialog, room } from "../state/room";
import { sandbox, startLeased } from "../state/start";
import { about } from "../state/store";
import { openModel, openServing, openStart } from "./boot";
import { Modal } from "./Modal";
import { text } from "./text";

/** Whether models are opened in wide bounds; kept while the page is open. */
const wide = signal(true);

const SUITES = [["tour", "suiteTour"], ["tests", "suiteTests"], ["long", "suiteLong"]] as const;

function pick(model: Model): void {
  dialog.value = null;
  room.value = "play";
  openModel(wide.value ? sandbox(model) : model);
}

function Entry({ entry }: { entry: CatalogueEntry }) {
  const { name, about: said, broken, floor, model } = entry;
  return (
    <li>
      <button type="button" class="models-entry" onClick={() => pick(model)}>
        <span class="models-name">{name}</span>
        {broken !== null && <span class="tag bad">✗ {text("breaks", broken)}</span>}
        {broken === null && !wide.value && <span class="tag">{text("states", { count: floor.toLocaleString("en") })}</span>}
        <span class="models-about" lang="en">{said}</span>
      </button>
    </li>
  );
}

function Bounds() {
  const option = (value: boolean, title: "sandbox" | "bundled") => (
    <label class="segment">
      <input type="radio" name="bounds" checked={wide.value === value} onChange={() => (wide.value = value)} />
      <span>{text(title)}</span>
    </label>
  );
  return (
    <fieldset class="segments">
      <legend class="unseen">{text("pickBounds")}</legend>
      {option(true, "sandbox")}
      {option(false, "bundled")}
    </fieldset>
  );
}

function Beginning() {
  const close = (): void => {
    dialog.value = null;
    room.value = "play";
  };
  const again = (): void => {
    close();
    const model = about.value?.model;
    if (model !== undefined) openModel(model);
  };
  return (
    <section>
      <h3>{text("suiteStart")}</h3>
      <ul>
        <li>
          <button type="button" class="models-entry" onClick={again}>
            <span class="models-name">{text("restartModel")}</span>
            <span class="models-about">{about.value?.model.name}</span>
          </button>
        </li>
        <li>
          <button type="button" class="models-entry" onClick={() => {
            close();
            openStart();
          }}>
            <span class="models-name">{text("startName")}</span>
            <span class="models-about">{text("startAbout")}</span>
          </button>
        </li>
        <li>
          <button type="button" class="models-entry" onClick={() => {
            close();
            openServing(startLeased());
          }}>
            <span class="models-name">{text("leasedName")}</span>
            <span class="models-about">{text("leasedAbout")}</span>
          </button>
        </li>
      </ul>
    </section>
  );
}

/** The bundled models, by suite. */
export function Models() {
  const typed = useSignal("");
  const words = typed.value.toLowerCase().split(/\s+/);
  const found = catalogue().filter(({ name, about: said }) => words.every((word) => `${name} ${said}`.toLowerCase().includes(word)));
  return (
    <Modal title={text("pickModel")} class="wide models">
      <div class="models-how">
        <input
          type="search"
          class="input"
          aria-label={text("pickFind")}
          placeholder={text("pickFind")}
          value={typed}
          onInput={(event) => (typed.value = event.currentTarget.value)}
        />
        <Bounds />
        <p class="soft">{text(wide.value ? "sandboxWhy" : "bundledWhy")}</p>
      </div>
      <div class="models-list">
        {typed.value === "" && <Beginning />}
        {found.length === 0 && <p class="soft" role="status">{text("pickNone")}</p>}
        {SUITES.map(([suite, title]) => {
          const own = found.filter((entry) => entry.suite === suite);
          return own.length > 0 && (
            <section key={suite}>
              <h3>{text(title)}</h3>
              <ul>{own.map((entry) => <Entry key={entry.name} entry={entry} />)}</ul>
            </section>
          );
        })}
      </div>
    </Modal>
  );
}
