/**
 * How an epoch looks, the same in every room: one of six colours by its term, and always its text beside it.
 */
import type { Epoch } from "../api/types";

const COLOURS = 6;

/** The number of its colour among the tokens; null for the time before the first epoch, which has none. */
export function epochToken(epoch: Epoch): number | null {
  return epoch.term === 0 ? null : (epoch.term - 1) % COLOURS;
}

/** Its colour as a value of CSS. */
export function epochColour(epoch: Epoch): string {
  const token = epochToken(epoch);
  return token === null ? "var(--line-strong)" : `var(--epoch-${token})`;
}

/** The colour of text that stands on it. */
export function epochInk(epoch: Epoch): string {
  const token = epochToken(epoch);
  return token === null ? "var(--sheet)" : `var(--on-epoch-${token})`;
}
