/** Every branch of the session, as a small tree: who left whom where. The list beside it says the same in words. */
import { computed } from "@preact/signals";
import { useRef } from "preact/hooks";
import { branch, branches, path, session, step, switchTo, type Branch } from "../state/store";
import { forksOf, treeOf, type Twig } from "./tree";
import { text } from "./timeline-text";

const paths = computed(() => branches.value.map(({ id, tip }) => ({ id, path: session.value?.path(tip) ?? [] })));
const tree = computed<Twig[]>(() => treeOf(paths.value));

/** Steps of the branch that is shown at which others leave. */
export const forks = computed(() =>
  forksOf(path.value, paths.value.filter((one) => one.id !== branch.value).map((one) => one.path)));

export function branchName({ origin, number }: Branch): string {
  return origin === "main" && number === 1 ? text("main") : text(origin, { n: number });
}

/** The invariant that the end of a branch breaks. */
export function brokenBy({ tip }: Branch): string | null {
  return session.value?.event(tip)?.broken?.invariant ?? null;
}

function about(one: Branch, twig: Twig): string {
  const from = branches.value.find((other) => other.id === twig.parent);
  const broken = brokenBy(one);
  return [
    from === undefined ? null : text("from", { name: branchName(from), at: twig.at }),
    twig.end === 1 ? text("longOne") : text("long", { n: twig.end }),
    broken === null ? null : text("broken", { invariant: broken }),
  ].filter((part) => part !== null).join(" · ");
}

const WIDE = 150;
const LEFT = 10;

function Drawing({ row }: { row: number }) {
  const twigs = tree.value;
  const most = Math.max(1, ...twigs.map((twig) => twig.end));
  const x = (at: number): number => LEFT + (at / most) * (WIDE - 2 * LEFT);
  const y = (id: number): number => (twigs.findIndex((twig) => twig.id === id) + 0.5) * row;
  return (
    <svg class="branches-tree" width={WIDE} height={twigs.length * row} aria-hidden="true">
      {twigs.map(({ id, parent, at, end }) => {
        const [begin, top] = [x(at), y(id)];
        const rise = parent === null ? "" : `M${begin} ${y(parent)}V${top - 6}Q${begin} ${top} ${begin + 6} ${top}`;
        const one = branches.value.find((other) => other.id === id);
        const broken = one !== undefined && brokenBy(one) !== null;
        return (
          <g key={id} class={id === branch.value ? "shown" : ""}>
            <path class="branches-line" d={`${rise}M${begin + (parent === null ? 0 : 6)} ${top}H${Math.max(x(end), begin + 8)}`} />
            {parent !== null && <path class="branches-fork" d={`M${begin} ${y(parent) - 4}l4 4l-4 4l-4 -4z`} />}
            {broken
              ? <path class="branches-broken" d={`M${x(end) - 4} ${top - 4}l8 8m0 -8l-8 8`} />
              : <circle class="branches-tip" cx={Math.max(x(end), begin + 8)} cy={top} r={3} />}
            {id === branch.value && <circle class="branches-here" cx={x(Math.min(step.value, end))} cy={top} r={5} />}
          </g>
        );
      })}
    </svg>
  );
}

function walk(event: KeyboardEvent): void {
  const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
  if (by === 0) return;
  event.preventDefault();
  event.stopPropagation();
  const buttons = [...(event.currentTarget as HTMLElement).querySelectorAll("button")];
  const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
  buttons[Math.max(0, Math.min(buttons.length - 1, at + by))]?.focus();
}

export function Branches() {
  const panel = useRef<HTMLDivElement>(null);
  const all = branches.value;
  const index = all.findIndex((one) => one.id === branch.value);
  const shown = all[index];
  if (shown === undefined) return null;
  const name = branchName(shown);
  const pick = (id: number): void => {
    switchTo(id);
    panel.current?.hidePopover();
  };
  const row = matchMedia("(pointer: coarse)").matches ? 52 : 44;
  return (
    <div class="branches">
      <button
        type="button" class="button branches-button" popovertarget="branches-panel" aria-haspopup="dialog" title={text("branches")}
        aria-label={text("shown", { name, index: index + 1, count: all.length })}
      >
        <svg width="14" height="16" viewBox="0 0 14 16" aria-hidden="true"><path d="M3 2v12M3 9q0 -3 4 -3t4 -3" /></svg>
        <span class="branches-name">{name}</span>
        {all.length > 1 && <span class="branches-count" aria-hidden="true">{index + 1}/{all.length}</span>}
      </button>
      <div class="branches-panel" id="branches-panel" popover="auto" ref={panel} role="dialog" aria-label={text("branches")}>
        <h3>{text("branches")}</h3>
        <div class="branches-body">
          <Drawing row={row} />
          <ul onKeyDown={walk}>
            {all.map((one) => {
              const twig = tree.value.find((other) => other.id === one.id)!;
              return (
                <li key={one.id} style={{ height: `${row}px` }}>
                  <button type="button" aria-current={one.id === branch.value} onClick={() => pick(one.id)}>
                    <b>{branchName(one)}</b> <span>{about(one, twig)}</span>
                  </button>
                </li>
              );
            })}
          </ul>
        </div>
        <p class="soft">{text("branchesHelp")}</p>
      </div>
    </div>
  );
}
