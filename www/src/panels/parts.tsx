/** The small parts of which the panels are made. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { Epoch, NodeIndex, Role } from "../api/types";
import { epochColour } from "../state/epoch";
import { language } from "../state/text";
import { session } from "../state/store";
import { text } from "./text";
import "./panels.css";

export function Section({ title, aside, children, open }: {
  title: string; aside?: ComponentChildren; children: ComponentChildren;
  /** Whether it begins open; left out, it cannot be closed. */
  open?: boolean;
}) {
  const [shown, setShown] = useState(open ?? true);
  const head = open === undefined
    ? <h3 class="panels-h">{title}</h3>
    : (
      <h3 class="panels-h">
        <button type="button" class="panels-fold" aria-expanded={shown} onClick={() => setShown(!shown)}>
          <span class="panels-fold-mark" aria-hidden="true">{shown ? "▾" : "▸"}</span>{title}
        </button>
      </h3>
    );
  return (
    <section class="panels-section">
      <div class="panels-section-head">{head}{aside}</div>
      {shown && children}
    </section>
  );
}

export function Button({ children, onClick, kind, disabled, pressed, title, small, label }: {
  children: ComponentChildren; onClick: () => void; kind?: "main" | "plain" | "danger" | undefined;
  disabled?: boolean | undefined; pressed?: boolean; title?: string | undefined; small?: boolean; label?: string;
}) {
  return (
    <button
      type="button"
      class={`panels-button${kind === undefined ? "" : ` is-${kind}`}${small ? " is-small" : ""}`}
      disabled={disabled ?? false}
      aria-pressed={pressed}
      aria-label={label}
      title={title}
      onClick={onClick}
    >
      {children}
    </button>
  );
}

/** A whole number within bounds; the least for what is no number. */
export const clamp = (value: number, least: number, most: number): number =>
  Number.isFinite(value) ? Math.max(least, Math.min(most, Math.round(value))) : least;

/** The number of a field within its bounds, which the field then shows: the same number again draws nothing anew. */
export function taken(field: HTMLInputElement, least: number, most: number): number {
  const value = clamp(field.valueAsNumber, least, most);
  field.value = String(value);
  return value;
}

/** Something that reads as a word of a sentence and leads elsewhere in the page. */
export function Jump({ children, onClick, label, code }: {
  children: ComponentChildren; onClick: () => void; label?: string; code?: boolean;
}) {
  return (
    <button type="button" class={`panels-jump${code ? " is-code" : ""}`} aria-label={label} onClick={onClick}>
      {children}
    </button>
  );
}

export function Bar({ left, of, title }: { left: number; of: number; title: string }) {
  const part = of > 0 ? Math.max(0, Math.min(1, left / of)) : 0;
  return (
    <span class="panels-bar" role="img" aria-label={title} title={title}>
      <span class="panels-bar-fill" style={{ width: `${part * 100}%` }} />
    </span>
  );
}

/** Epochs cycle through six colours; the outline and the word tell them apart where colours do not. */
export function EpochChip({ epoch }: { epoch: Epoch }) {
  return (
    <span class="panels-epoch">
      <span class="panels-epoch-dot" style={{ background: epochColour(epoch) }} aria-hidden="true" />
      {epoch.text}
    </span>
  );
}

export const ROLE_GLYPH: Record<Role, string> = {
  down: "✕", halted: "■", follower: "○", "pre-candidate": "◌", candidate: "◍", primary: "♛",
};

export function roleWord(role: Role): string {
  return text(`role-${role}` as "role-down");
}

export function nodeName(node: NodeIndex): string {
  return session.value?.about.nodes[node]?.name ?? `n${node}`;
}

export function number(value: number): string {
  return new Intl.NumberFormat(language.value === "bg" ? "bg-BG" : "en-GB").format(value);
}

/** `1,234 states`: one of two texts by number. */
export function counted(value: number, one: Parameters<typeof text>[0], many: Parameters<typeof text>[0]): string {
  return text(value === 1 ? one : many, { n: number(value) });
}

export function seconds(milliseconds: number): string {
  const all = milliseconds / 1000;
  if (all < 10) return text("seconds", { n: fixed(all, 1) });
  if (all < 120) return text("seconds", { n: number(Math.round(all)) });
  return text("minutes", { n: fixed(all / 60, 1) });
}

export function fixed(value: number, digits: number): string {
  const form = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return new Intl.NumberFormat(language.value === "bg" ? "bg-BG" : "en-GB", form).format(value);
}

export function bytes(value: number): string {
  return value < 1 << 20 ? `${number(Math.ceil(value / 1024))} KiB` : `${number(Math.round(value / (1 << 20)))} MiB`;
}

/** A sentence of the core: it is English whatever the language of the page. */
export function Core({ children, mono }: { children: ComponentChildren; mono?: boolean }) {
  return <span lang="en" class={mono ? "panels-mono" : undefined}>{children}</span>;
}

/** Holds or not, by glyph, colour and word. */
export function Holds({ holds, word }: { holds: boolean | null; word: string }) {
  const kind = holds === null ? "open" : holds ? "good" : "bad";
  return (
    <span class={`panels-holds is-${kind}`}>
      <span aria-hidden="true">{holds === null ? "○" : holds ? "✓" : "✗"}</span> {word}
    </span>
  );
}

/** What may be wider than its place: it is scrolled, also by keys. */
export function Scroll({ label, children }: { label: string; children: ComponentChildren }) {
  return <div class="panels-scroll" role="group" aria-label={label} tabIndex={0}>{children}</div>;
}
