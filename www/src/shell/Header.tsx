import { about, view } from "../state/store";
import { invoke } from "../state/commands";
import { dialog, embedded, room, showPanel, slim, type Room } from "../state/room";
import { Boundary } from "./Boundary";
import { nextLanguage, nextTheme, theme } from "./settings";
import { text } from "./text";

/** Three machines, two of which agree. */
export function Mark() {
  return (
    <svg class="shell-mark" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
      <path class="shell-mark-link" d="M16 8 L7.5 23" />
      <path class="shell-mark-link off" d="M16 8 L24.5 23 M7.5 23 L24.5 23" />
      <circle class="shell-mark-node on" cx="16" cy="8" r="5" />
      <circle class="shell-mark-node on" cx="7.5" cy="23" r="5" />
      <circle class="shell-mark-node" cx="24.5" cy="23" r="4.25" />
    </svg>
  );
}

/** The check and its command come with their panel. */
async function startCheck(): Promise<void> {
  showPanel("check");
  await import("../panels/Check");
  invoke("check-start");
}

/** Whether the invariants hold at the moment that is shown. */
export function Verdict({ brief }: { brief: boolean }) {
  const seen = view.value;
  if (seen === null) return null;
  const wrong = seen.broken?.invariant ?? seen.invariants.find((one) => !one.holds)?.name ?? null;
  const count = seen.invariants.length;
  const said = wrong === null ? text(count === 1 ? "holdsOne" : "holds", { count }) : text("violated", { name: wrong });
  const look = `shell-verdict ${wrong === null ? "good" : "bad"}`;
  const content = (
    <>
      <span aria-hidden="true">{wrong === null ? "✓" : "✗"}</span>
      <span class={brief ? "unseen" : "shell-verdict-words"}>{said}</span>
    </>
  );
  // Inside another page there is no panel that could be opened.
  if (embedded.value) return <span class={look} title={said}>{content}</span>;
  return <button type="button" class={look} title={said} onClick={() => showPanel("invariants")}>{content}</button>;
}

function ModelButton() {
  const known = about.value;
  if (known === null) return null;
  const { off } = known;
  const name = known.model.name;
  return (
    <button
      type="button"
      class="button shell-model"
      title={text("pickTitle")}
      aria-haspopup="dialog"
      onClick={() => (dialog.value = "models")}
    >
      <span class="unseen">{text("model")}: </span>
      <span class="shell-model-name">{name}</span>
      {off.length > 0 && (
        <span class="tag warn" title={text("rulesOffTitle", { names: off.join(", ") })}>
          {text(off.length === 1 ? "rulesOff" : "rulesOffMany", { count: off.length })}
        </span>
      )}
      <svg class="shell-caret" viewBox="0 0 10 10" width="10" height="10" aria-hidden="true"><path d="M1.5 3.5 5 7l3.5-3.5" /></svg>
    </button>
  );
}

const ROOMS: [Room, "play" | "learn" | "design"][] = [["play", "play"], ["learn", "learn"], ["design", "design"]];

function Rooms() {
  return (
    <nav class="shell-rooms" aria-label={text("rooms")}>
      {ROOMS.map(([name, title]) => (
        <button
          key={name}
          type="button"
          aria-current={room.value === name ? "page" : undefined}
          onClick={() => (room.value = name)}
        >
          {text(title)}
        </button>
      ))}
    </nav>
  );
}

const THEMES = {
  auto: ["themeAuto", "M8 1.5a6.5 6.5 0 1 0 0 13zM8 1.5a6.5 6.5 0 0 1 0 13"],
  light: ["themeLight", "M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM8 .8v2M8 13.2v2M.8 8h2M13.2 8h2M2.9 2.9l1.4 1.4M11.7 11.7l1.4 1.4M13.1 2.9l-1.4 1.4M4.3 11.7l-1.4 1.4"],
  dark: ["themeDark", "M13.5 9.6A6 6 0 0 1 6.4 2.5a6 6 0 1 0 7.1 7.1z"],
} as const;

function Theme({ wordy }: { wordy: boolean }) {
  const [name, drawing] = THEMES[theme.value];
  const said = text("theme", { theme: text(name) });
  return (
    <button type="button" class={wordy ? "button quiet" : "button quiet icon"} aria-label={wordy ? undefined : said} title={said} onClick={nextTheme}>
      <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path class={theme.value === "auto" ? "half" : ""} d={drawing} /></svg>
      {wordy && said}
    </button>
  );
}

function Language({ wordy }: { wordy: boolean }) {
  const to = text("language");
  return (
    <button
      type="button"
      class={wordy ? "button quiet" : "button quiet icon"}
      lang={to.startsWith("Language") ? "en" : "bg"}
      aria-label={wordy ? undefined : `${text("languageShort")}, ${to}`}
      title={to}
      onClick={nextLanguage}
    >
      {wordy ? to : text("languageShort")}
    </button>
  );
}

/** On a narrow screen all that is not needed at every step. */
function More() {
  const close = (): void => document.getElementById("shell-more")?.hidePopover();
  const act = (run: () => void) => () => {
    close();
    run();
  };
  return (
    <>
      <button type="button" class="button quiet icon" popovertarget="shell-more" aria-label={text("more")} title={text("more")}>
        <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path class="dots" d="M3 8h.01M8 8h.01M13 8h.01" /></svg>
      </button>
      <div id="shell-more" class="shell-more" popover="auto">
        {ROOMS.map(([name, title]) => (
          <button key={name} type="button" class="button quiet" aria-current={room.value === name ? "page" : undefined} onClick={act(() => (room.value = name))}>
            {text(title)}
          </button>
        ))}
        <hr />
        <button type="button" class="button quiet" onClick={act(() => (dialog.value = "share"))}>{text("share")}</button>
        <button type="button" class="button quiet" onClick={act(() => (dialog.value = "help"))}>{text("help")}</button>
        <Theme wordy />
        <Language wordy />
      </div>
    </>
  );
}

function Tools() {
  return (
    <>
      <span class="shell-space" />
      <button type="button" class="button" aria-haspopup="dialog" onClick={() => (dialog.value = "share")}>{text("share")}</button>
      <Language wordy={false} />
      <Theme wordy={false} />
      <button type="button" class="button quiet icon" aria-label={`? ${text("help")}`} title={text("help")} aria-haspopup="dialog" onClick={() => (dialog.value = "help")}>
        ?
      </button>
    </>
  );
}

export function Header() {
  const playing = room.value === "play";
  return (
    <header class="shell-header">
      <a class="unseen-until-focus button" href="#stage" onClick={(event) => {
        event.preventDefault();
        document.getElementById("stage")?.focus();
      }}>{text("skip")}</a>
      <h1 class="shell-brand"><Mark /><span class={slim.value ? "unseen" : ""}>quorate</span></h1>
      {slim.value ? <span class="shell-space" /> : <Rooms />}
      <ModelButton />
      <Boundary quiet><Verdict brief={slim.value} /></Boundary>
      {playing && <button type="button" class="button primary shell-check" title={text("checkTitle")} onClick={() => void startCheck()}>{text("check")}</button>}
      {slim.value ? <More /> : <Tools />}
    </header>
  );
}
