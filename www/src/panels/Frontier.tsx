/** How many states were first found at each depth: a chart of one line. */
import { number } from "./parts";
import { text } from "./text";

const [WIDTH, HEIGHT] = [320, 56];

export function Frontier({ levels }: { levels: number[] }) {
  if (levels.length < 2) return <div class="check-chart is-empty" aria-hidden="true" />;
  const most = Math.max(...levels);
  const widest = levels.indexOf(most);
  const step = WIDTH / (levels.length - 1);
  const at = (place: number): string => `${(place * step).toFixed(1)} ${(HEIGHT - 2 - (levels[place]! / most) * (HEIGHT - 8)).toFixed(1)}`;
  const line = levels.map((_, place) => at(place)).join(" L ");
  const last = levels.length - 1;
  const [x, y] = at(last).split(" ");
  return (
    <figure class="check-figure">
      <svg class="check-chart" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img"
        aria-label={text("chart", { depth: last, most: number(most), widest })}>
        <path class="check-area" d={`M 0 ${HEIGHT} L ${line} L ${WIDTH} ${HEIGHT} Z`} />
        <path class="check-line" d={`M ${line}`} vector-effect="non-scaling-stroke" />
        <circle class="check-last" cx={x} cy={y} r="3" />
      </svg>
      <figcaption class="panels-soft">{text("chart", { depth: last, most: number(most), widest })}</figcaption>
    </figure>
  );
}
