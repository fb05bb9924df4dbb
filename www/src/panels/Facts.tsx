/** Facts, and how they differ from others: by glyph, colour and word. */
import { diff, type Change, type Facts } from "./diff";
import { text } from "./text";

export const CHANGE_GLYPH: Record<Change, string> = { same: "", changed: "≠", new: "+", gone: "−" };

export function FactTable({ before, now, caption, own }: {
  before: Facts | null; now: Facts; caption: string;
  /** Whether they are in the language of the page, not of the core. */
  own?: boolean;
}) {
  const lang = own ? undefined : "en";
  return (
    <table class="panels-table panels-facts">
      <caption class="panels-hidden">{caption}</caption>
      <tbody>
        {diff(before, now).map((row) => (
          <tr key={row.label} class={`is-${row.change}`}>
            <th scope="row" lang={lang}>
              <Mark change={row.change} />
              {row.label}
            </th>
            <td lang={lang}>
              {row.change === "changed" && <><span class="panels-old">{row.old === "" ? "–" : row.old}</span> <span aria-hidden="true">→</span> </>}
              {row.change === "gone" ? <span class="panels-old">{row.old}</span> : <span class="panels-now">{row.now === "" ? "–" : row.now}</span>}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function Mark({ change }: { change: Change }) {
  if (change === "same") return <span class="panels-mark" />;
  const word = text(`change-${change}` as "change-new");
  return (
    <span class={`panels-mark is-${change}`} title={word}>
      <span aria-hidden="true">{CHANGE_GLYPH[change]}</span>
      <span class="panels-hidden">{word}: </span>
    </span>
  );
}
