/** The whole branch that is shown, as a file. */
import { about } from "../state/store";
import { svgOf } from "./export";
import { drawn, flying, mode, nameOf, naturalZoom, words } from "./state";
import { text } from "./text";

/** The branch that is shown, as it is shown: in true time or in steps. Throws if no run is open. */
export function diagramSvg(): string {
  const [now, open] = [drawn.value, about.value];
  if (now === null || open === null) throw new Error("There is no run to draw: open a model first.");
  const machines = Array.from({ length: now.track.ground.nodes }, (_, node) => nameOf(node));
  const title = text("exportTitle", { model: open.model.name, steps: now.steps });
  const off = open.off.length === 0 ? "" : ` ${open.off.join(", ")}.`;
  return svgOf(now.track, {
    title,
    description: `${text("exportDesc")} ${open.bounds}.${off}`,
    mode: mode.value,
    zoom: naturalZoom(now, mode.value),
    stubs: flying.value,
    words,
    names: now.track.ground.fenced ? [...machines, text("resource")] : machines,
  });
}
