/** What is remembered of a visitor, in this browser alone: language, theme, keys. Works without storage as well. */
import { effect, signal } from "@preact/signals";
import { singleKeys } from "../state/room";
import { language } from "../state/text";
import { text } from "./text";

export type Theme = "auto" | "light" | "dark";
export const theme = signal<Theme>("auto");

export function remembered(key: string): string | null {
  try {
    return localStorage.getItem(`quorate.${key}`);
  } catch {
    return null;
  }
}

export function remember(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(`quorate.${key}`);
    else localStorage.setItem(`quorate.${key}`, value);
  } catch {
    // Storage is off or full: nothing is remembered.
  }
}

export function nextTheme(): void {
  const order: Theme[] = ["auto", "light", "dark"];
  theme.value = order[(order.indexOf(theme.value) + 1) % order.length]!;
  remember("theme", theme.value);
}

export function nextLanguage(): void {
  language.value = language.value === "en" ? "bg" : "en";
  remember("language", language.value);
}

export function setSingleKeys(on: boolean): void {
  singleKeys.value = on;
  remember("keys", on ? "on" : "off");
}

/** Takes over what the address asks for (`?lang=bg&theme=dark`) or what is remembered, and keeps the document in step. */
export function settle(): void {
  const asked = new URLSearchParams(location.search);
  const [spoken, seen] = [asked.get("lang") ?? remembered("language"), asked.get("theme") ?? remembered("theme")];
  language.value = spoken === "en" || spoken === "bg" ? spoken : navigator.language.startsWith("bg") ? "bg" : "en";
  if (seen === "light" || seen === "dark") theme.value = seen;
  singleKeys.value = remembered("keys") !== "off";
  effect(() => {
    document.documentElement.lang = language.value;
    document.title = text("title");
  });
  effect(() => {
    if (theme.value === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme.value;
  });
}
