/** What differs between two lists of facts, row by row. */

export type Change = "same" | "changed" | "new" | "gone";

export interface DiffRow {
  label: string;
  change: Change;
  /** The value before; absent if the fact is new. */
  old: string | null;
  /** The value now; absent if the fact is gone. */
  now: string | null;
}

export type Facts = readonly (readonly [label: string, value: string])[];

/** Facts of now in their order, those that are gone after the one they followed. A label may occur more than once. */
export function diff(before: Facts | null, now: Facts): DiffRow[] {
  if (before === null) return now.map(([label, value]) => ({ label, change: "same", old: value, now: value }));
  const rest = before.map(([label, value], place) => ({ label, value, place }));
  const rows: DiffRow[] = [];
  let place = 0;
  const gone = (until: number): void => {
    for (; place < until; place += 1) {
      const left = rest.find((fact) => fact.place === place);
      if (left === undefined || now.some(([label]) => label === left.label)) continue;
      rows.push({ label: left.label, change: "gone", old: left.value, now: null });
    }
  };
  for (const [label, value] of now) {
    const found = rest.findIndex((fact) => fact.label === label);
    if (found < 0) {
      rows.push({ label, change: "new", old: null, now: value });
      continue;
    }
    const old = rest.splice(found, 1)[0]!;
    gone(old.place);
    rows.push({ label, change: old.value === value ? "same" : "changed", old: old.value, now: value });
  }
  gone(before.length);
  return rows;
}
