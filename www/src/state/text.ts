/**
 * Texts in two languages. Each room of the page keeps its own beside the components that show them:
 *
 *     const text = texts({ en: { hello: "Hello, {who}" }, bg: { hello: "Здравей, {who}" } });
 *     <p>{text("hello", { who: "n0" })}</p>
 *
 * A text that is missing in one language does not compile. Whoever reads `text` while drawing is drawn again when the
 * language changes.
 */
import { signal } from "@preact/signals";

export type Language = "en" | "bg";

export const language = signal<Language>("en");

type Table = Record<string, string>;

export function texts<T extends Table>(tables: { en: T; bg: { [K in keyof T]: string } }) {
  return (key: keyof T, values: Record<string, string | number> = {}): string =>
    tables[language.value][key]!.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
