/** What the shapes mean, beside samples of them. Patterns are those of the picture, which is there as well. */
import { useRef } from "preact/hooks";
import { LEGEND } from "./glyphs";
import { text } from "./text";

type Key = Parameters<typeof text>[0];

function Sample({ children, of }: { children: preact.ComponentChildren; of: Key }) {
  return (
    <li><svg class="diagram-sample" viewBox="0 0 40 20" width="40" height="20" aria-hidden="true">{children}</svg>{text(of)}</li>
  );
}

const MARKS: Record<string, Key> = { lost: "lostMark", crash: "crashMark", pause: "pauseMark", doubt: "doubtMark" };

function Lanes() {
  return (
    <ul>
      <Sample of="serving"><path class="diagram-serving diagram-epoch-0" d="M2 6h36v8h-36z" /></Sample>
      <Sample of="primary"><path class="diagram-primary" d="M2 7h36v6h-36z" /></Sample>
      <Sample of="candidate"><path class="diagram-candidate" d="M2 10H38" /></Sample>
      <Sample of="follower"><path class="diagram-follower" d="M2 10H38" /></Sample>
      <Sample of="down"><path class="diagram-down" d="M2 3h36v14h-36z" /></Sample>
      <Sample of="paused"><path class="diagram-paused" d="M2 3h36v14h-36z" /></Sample>
      <Sample of="epoch">
        <path class="diagram-band diagram-epoch-1" d="M2 3h36v14h-36z" /><path class="diagram-edge diagram-epoch-1" d="M2 3h36v2.5h-36z" />
      </Sample>
      <Sample of="lease"><path class="diagram-lease" d="M2 4h12v12h-12zM14 8h12v8h-12zM26 12h12v4h-12z" /></Sample>
      <Sample of="commit"><path class="diagram-flag" d="M14 17v-13l9 3.5l-9 3.5" /></Sample>
    </ul>
  );
}

function Arrows() {
  return (
    <ul>
      <Sample of="request">
        <path class="diagram-arrow diagram-request" d="M3 4L30 14" /><path class="diagram-head diagram-request" d="M29 10L36 16L27 15z" />
      </Sample>
      <Sample of="answer">
        <path class="diagram-arrow diagram-answer" d="M3 4L30 14" /><path class="diagram-head diagram-answer" d="M29 10L36 16L27 15z" />
      </Sample>
      <Sample of="lostArrow">
        <path class="diagram-arrow diagram-lost" d="M3 4L28 13" /><path class="diagram-mark diagram-bad" d="M28 14m-4 -4l8 8m0 -8l-8 8" />
      </Sample>
      <Sample of="inFlight"><path class="diagram-arrow diagram-stub" d="M3 4L32 14" /><path class="diagram-arrow diagram-barb" d="M26 9L33 14.5L25 15" /></Sample>
    </ul>
  );
}

function Causes() {
  const dot = (c: string) => <path class={`diagram-mark diagram-solid ${c}`} d="M20 10m-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0z" />;
  return (
    <ul>
      <Sample of="self">{dot("diagram-self")}<path class="diagram-ring" d="M11 10a9 9 0 1 0 18 0a9 9 0 1 0 -18 0z" /></Sample>
      <Sample of="inPast"><path class="diagram-arrow diagram-request diagram-past" d="M2 10H38" />{dot("diagram-past")}</Sample>
      <Sample of="inFuture"><path class="diagram-arrow diagram-request diagram-future" d="M2 10H38" />{dot("diagram-future")}</Sample>
      <Sample of="concurrentWith"><path class="diagram-arrow diagram-request diagram-dim" d="M2 10H38" />{dot("diagram-dim")}</Sample>
    </ul>
  );
}

export function Legend() {
  const panel = useRef<HTMLDivElement>(null);
  return (
    <>
      <button type="button" class="button quiet diagram-legend-button" popovertarget="diagram-legend">{text("legend")}</button>
      <div class="diagram-legend" id="diagram-legend" popover="auto" ref={panel} role="dialog" aria-label={text("legend")}>
        <section><h3>{text("lgLanes")}</h3><Lanes /></section>
        <section>
          <h3>{text("lgMarks")}</h3>
          <ul>
            {LEGEND.map(([name, glyph]) => (
              <Sample key={name} of={MARKS[name] ?? (name as Key)}><path class={`diagram-mark diagram-${glyph.style}`} d={`M20 10${glyph.rest}`} /></Sample>
            ))}
          </ul>
        </section>
        <section>
          <h3>{text("lgArrows")}</h3><Arrows />
          <h3>{text("lgCauses")}</h3><Causes />
        </section>
        <p class="soft">{text("help")}</p>
      </div>
    </>
  );
}
