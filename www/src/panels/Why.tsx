/** Why the last decision was taken: asked of the same code, once without each rule. */
import { useEffect, useState } from "preact/hooks";
import type { Explanation, MomentId } from "../api/types";
import { attempt, moment, selection, session } from "../state/store";
import { showRule } from "../state/room";
import { Core, Jump, Section } from "./parts";
import { text } from "./text";

/** While steps follow each other faster than this, nothing is explained. */
const REST = 90;

export function Why() {
  const open = session.value;
  const asked: MomentId = selection.value?.kind === "event" ? selection.value.moment : moment.value;
  const [known, setKnown] = useState<{ of: MomentId; in: unknown; is: Explanation } | null>(null);
  useEffect(() => {
    if (open === null || asked === 0) return;
    const timer = setTimeout(() => {
      if (session.peek() !== open || asked >= open.size) return;
      const is = attempt(() => open.explain(asked));
      if (is !== undefined) setKnown({ of: asked, in: open, is });
    }, REST);
    return () => clearTimeout(timer);
  }, [open, asked]);
  const current = known !== null && known.of === asked && known.in === open ? known.is : null;
  return (
    <Section title={text("why")}>
      {asked === 0 ? <p class="panels-soft">{text("beginning-note")}</p> : current === null ? <p class="panels-soft">…</p> : <Told it={current} />}
    </Section>
  );
}

function Told({ it }: { it: Explanation }) {
  return (
    <>
      {it.sentences.map((sentence) => <p key={sentence}><Core>{sentence}</Core></p>)}
      {it.rules.length === 0
        ? <p class="panels-soft">{text("no-rule-decided")}</p>
        : (
          <>
            <p class="panels-soft">{text("rules-decided")}</p>
            <ul class="inspector-rules">
              {it.rules.map((rule) => (
                <li key={rule.name}>
                  <Jump code onClick={() => showRule(rule.name)}>{rule.name}</Jump>
                  <p><Core>{rule.sentence}</Core></p>
                  <p class="panels-soft"><span aria-hidden="true">↯</span> {text("otherwise")}: <Core>{rule.otherwise}</Core></p>
                </li>
              ))}
            </ul>
          </>
        )}
    </>
  );
}
