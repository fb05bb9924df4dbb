/** The whole run on one line: a pixel a bucket and lane, one path; the stretch that is seen, and the cursor. */
import { useEffect, useRef } from "preact/hooks";
import { signal } from "@preact/signals";
import { step } from "../state/store";
import { room, scrollTo, scrolled, width } from "./Canvas";
import { MAP_LANE, overview } from "./overview";
import { LEAD, xOf } from "./paint";
import { drawn, mode, zoom } from "./state";
import { text } from "./text";

const wide = signal(800);
function Line() {
  const now = drawn.value!;
  return <path class="diagram-overview" d={overview(now.track, now.track.positions(mode.value), wide.value)} />;
}

/** Of the picture, as a part of the map. */
function Seen() {
  const now = drawn.value!;
  const end = Math.max(1, xOf(now.track, mode.value, zoom.value, now.steps) - LEAD);
  const to = (x: number): number => Math.max(0, Math.min(1, (x - LEAD) / end)) * wide.value;
  const [left, right] = [to(scrolled.value), to(scrolled.value + room.value)];
  const cursor = to(xOf(now.track, mode.value, zoom.value, Math.min(step.value, now.steps)));
  return (
    <>
      <rect class="diagram-seen" x={left} y={0.5} width={Math.max(3, right - left)} height="100%" rx={2} />
      <path class="diagram-here" d={`M${cursor} 0V60`} />
    </>
  );
}

function slide(event: PointerEvent): void {
  const map = event.currentTarget as Element;
  if (event.type === "pointerdown") map.setPointerCapture(event.pointerId);
  else if (!map.hasPointerCapture(event.pointerId)) return;
  const now = drawn.value!;
  const { left, width: across } = map.getBoundingClientRect();
  const end = xOf(now.track, mode.value, zoom.value, now.steps) - LEAD;
  scrollTo(LEAD + ((event.clientX - left) / across) * end - room.value / 2);
}

export function Minimap() {
  const element = useRef<SVGSVGElement>(null);
  const now = drawn.value;
  const needed = now !== null && now.steps > 0 && width.value > room.value * 1.25;
  useEffect(() => {
    if (element.current === null) return;
    const map = element.current;
    const sizes = new ResizeObserver(() => {
      wide.value = map.clientWidth;
    });
    sizes.observe(map);
    return () => sizes.disconnect();
  }, [needed]);
  if (!needed) return null;
  const high = 4 + (now.track.lanes + 1) * MAP_LANE;
  return (
    <svg ref={element} class="diagram-map" width="100%" height={high} aria-hidden="true" onPointerDown={slide} onPointerMove={slide}>
      <title>{text("overview")}</title>
      <Line />
      <Seen />
    </svg>
  );
}
