/** The run at hand, for others: as a link, as files, inside another page. */
import { useSignal } from "@preact/signals";
import { reason } from "../api/reason";
import { useEffect } from "preact/hooks";
import { diagramSvg } from "../diagram/svg";
import type { ExportFormat } from "../api/core";
import { current, moment, note, path, session, step } from "../state/store";
import { Modal } from "../shell/Modal";
import { nameRun } from "./address";
import { writeLink, type Linked } from "./link";
import { askForFile } from "./open";
import { report } from "./report";
import { fileName, picture, save } from "./save";
import { text } from "./text";
import "./share.css";

/** Beyond this, programs that pass links on cut them. */
const LONG = 8_000;

type What = "runFile" | "report" | "rustTest" | "mermaid" | "itf" | "plain" | "svg" | "png";

interface Row {
  what: What;
  extension: string;
  type: string;
  /** A picture shows all of the branch. */
  make: (run: Chosen) => string | Blob | Promise<string | Blob>;
  /** Whether it is text that one pastes somewhere. */
  copied: boolean;
}

/** What is shared: the run to `tip`, seen at the step `at`. */
interface Chosen {
  tip: number;
  at: number;
  steps: number;
}

const exported = (format: ExportFormat) => ({ tip }: Chosen): string => session.value!.export(tip, format);
const linked = ({ tip, at, steps }: Chosen): Linked => ({ run: session.value!.link(tip, note.value), at: at === steps ? null : at });

const ROWS: Row[] = [
  { what: "runFile", extension: "run.json", type: "application/json", make: ({ tip }) => session.value!.run(tip, note.value), copied: false },
  { what: "report", extension: "html", type: "text/html", make: (run) => report(linked(run)), copied: false },
  { what: "rustTest", extension: "rs", type: "text/plain", make: exported("rust-test"), copied: true },
  { what: "mermaid", extension: "mmd", type: "text/plain", make: exported("mermaid"), copied: true },
  { what: "plain", extension: "txt", type: "text/plain", make: exported("text"), copied: true },
  { what: "itf", extension: "itf.json", type: "application/json", make: exported("itf"), copied: false },
  { what: "svg", extension: "svg", type: "image/svg+xml", make: () => diagramSvg(), copied: false },
  { what: "png", extension: "png", type: "image/png", make: () => picture(diagramSvg()), copied: false },
];


export function ShareDialog() {
  const whole = useSignal(true);
  const hash = useSignal("");
  const said = useSignal("");
  const [all, here] = [path.value.length - 1, step.value];
  const chosen: Chosen = whole.value
    ? { tip: current.value?.tip ?? 0, at: here, steps: all }
    : { tip: moment.value, at: here, steps: here };
  const { tip, at } = chosen;
  useEffect(() => {
    let late = false;
    writeLink(linked(chosen)).then(
      (written) => !late && (hash.value = written),
      (error: unknown) => !late && (said.value = reason(error)),
    );
    return () => void (late = true);
  }, [tip, at, note.value]);

  const attempt = (act: () => Promise<string>) => async (): Promise<void> => {
    said.value = text("working");
    try {
      said.value = await act();
    } catch (error) {
      said.value = reason(error);
    }
  };
  const copy = (name: string, make: () => string | Promise<string>) => attempt(async () => {
    try {
      await navigator.clipboard.writeText(await make());
    } catch (error) {
      throw error instanceof DOMException ? new Error(text("copyFailed")) : error;
    }
    return text("copied", { what: name });
  });
  const keep = (row: Row) => attempt(async () => {
    const name = `${fileName(session.value!.about.model.name, chosen.steps)}.${row.extension}`;
    const made = await row.make(chosen);
    save(name, typeof made === "string" ? new Blob([made], { type: row.type }) : made);
    return text("saved", { name });
  });
  return (
    <Modal title={text("share")} class="wide share">
      <Extent whole={whole.value} take={(next) => (whole.value = next)} all={all} here={here} />
      <LinkField hash={hash.value} copy={copy} />
      <section class="share-files">
        <h3>{text("files")}</h3>
        <ul>
          {ROWS.map((row) => (
            <li key={row.what}>
              <p class="share-what"><strong>{text(row.what)}</strong><span class="soft">{text(`${row.what}Why`)}</span></p>
              {row.copied && (
                <button type="button" class="button" aria-label={text("copyWhat", { what: text(row.what) })} onClick={copy(text(row.what), () => row.make(chosen) as string)}>
                  {text("copy")}
                </button>
              )}
              <button type="button" class="button" aria-label={text("saveWhat", { what: text(row.what) })} onClick={keep(row)}>{text("save")}</button>
            </li>
          ))}
          <Embed hash={hash.value} copy={copy} />
          <li>
            <p class="share-what"><span class="soft">{text("openWhy")}</span></p>
            <button type="button" class="button" onClick={askForFile}>{text("open")}</button>
          </li>
        </ul>
      </section>
      <p class="share-said" role="status">{said}</p>
    </Modal>
  );
}

function Extent({ whole, take, all, here }: { whole: boolean; take: (whole: boolean) => void; all: number; here: number }) {
  const option = (value: boolean, title: string) => (
    <label class="segment">
      <input type="radio" name="extent" checked={whole === value} onChange={() => take(value)} />
      <span>{title}</span>
    </label>
  );
  return (
    <div class="share-run">
      <fieldset class="segments">
        <legend class="unseen">{text("extent")}</legend>
        {option(true, text("extentAll", { steps: all }))}
        {option(false, text("extentStep", { steps: here }))}
      </fieldset>
      <label class="share-note">
        <span>{text("note")}</span>
        <input type="text" class="input" maxLength={300} placeholder={text("noteWhy")} value={note} onInput={(event) => (note.value = event.currentTarget.value)} />
      </label>
    </div>
  );
}

type Copy = (name: string, make: () => string) => () => Promise<void>;

/** Where the playground is, for others. A report has no address that others could open. */
const place = (): string => (location.protocol === "file:" ? "" : new URL(".", location.href).href);

function LinkField({ hash, copy }: { hash: string; copy: Copy }) {
  const link = place() + hash;
  if (place() === "") return null;
  const take = async (): Promise<void> => {
    nameRun(hash);
    await copy(text("link"), () => link)();
  };
  return (
    <section class="share-link">
      <label for="share-link"><strong>{text("link")}</strong></label>
      <div class="share-link-row">
        <input id="share-link" class="input mono" type="text" readonly value={link} onFocus={(event) => event.currentTarget.select()} aria-describedby="share-link-why" />
        <button type="button" class="button primary" aria-label={text("copyWhat", { what: text("link") })} onClick={take}>{text("copy")}</button>
        {"share" in navigator && (
          <button type="button" class="button" onClick={() => navigator.share({ url: link, title: "quorate" }).catch(() => undefined)}>{text("send")}</button>
        )}
      </div>
      <p id="share-link-why" class="soft">{text("linkWhy", { characters: link.length.toLocaleString("en") })}</p>
      {link.length > LONG && <p class="share-over">{text("linkOver")}</p>}
    </section>
  );
}

function Embed({ hash, copy }: { hash: string; copy: Copy }) {
  if (place() === "") return null;
  const snippet = `<script type="module" src="${place()}embed.js"></script>\n<quorate-playground run="${hash}"></quorate-playground>`;
  return (
    <li>
      <p class="share-what"><strong>{text("embed")}</strong><span class="soft">{text("embedWhy")}</span></p>
      <button type="button" class="button" aria-label={text("copyWhat", { what: text("embed") })} onClick={copy(text("embed"), () => snippet)}>{text("copy")}</button>
    </li>
  );
}
