/** The whole run in the width of a map. */
import { FAULTS, type Track } from "./layout";

/** Pixels of a lane. */
export const MAP_LANE = 4;

/** A pixel for each bucket of each lane in which something happens. */
export function overview(track: Track, at: readonly number[], pixels: number): string {
  const end = Math.max(1, at[track.steps]!);
  const seen = new Set<number>();
  const parts: string[] = [];
  for (let one = 1; one <= track.steps; one++) {
    const { lane } = track.marks[one - 1]!;
    const x = Math.floor((at[one]! / end) * (pixels - 2));
    const key = x * 64 + lane + 1;
    if (seen.has(key)) continue;
    seen.add(key);
    parts.push(`M${x} ${lane === FAULTS ? 1 : 2 + (lane + 1) * MAP_LANE}v${MAP_LANE - 1}`);
  }
  return parts.join("");
}
