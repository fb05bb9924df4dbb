/** What is said of a node and of the whole cluster, in fields. */
import type { ComponentChildren } from "preact";
import { taken } from "../panels/parts";
import { TIMES, removed, withNode, zonesOf, type Condition, type Design, type Lease } from "./design";
import { chosen, design, edit } from "./designing";
import { newZone } from "./Picture";
import { text } from "./text";

function Field({ label, children, wide }: { label: string; children: ComponentChildren; wide?: boolean }) {
  return <label class={`panels-field${wide ? " is-wide" : ""}`}><span>{label}</span>{children}</label>;
}

function Count({ label, value, least = 1, most = 64, set }: { label: string; value: number; least?: number; most?: number; set: (value: number) => void }) {
  return <Field label={label}><input type="number" min={least} max={most} value={value} onChange={(event) => set(taken(event.currentTarget, least, most))} /></Field>;
}

function Line({ label, value, set, hint, wide }: { label: string; value: string; set: (value: string) => void; hint?: string; wide?: boolean }) {
  return <Field wide={wide ?? false} label={label}><input type="text" value={value} placeholder={hint} spellcheck={false} autocomplete="off" onChange={(event) => set(event.currentTarget.value.trim())} /></Field>;
}

export function NodeEditor() {
  const index = chosen.value;
  const node = index === null ? undefined : design.value.nodes[index];
  if (index === null || node === undefined) return <p class="panels-soft">{text("choose-node")}</p>;
  const set = (change: Partial<typeof node>): void => edit((of) => withNode(of, index, change));
  return (
    <fieldset class="designer-fieldset">
      <legend>{text("node")} <code>{node.name}</code></legend>
      <div class="designer-fields">
        <Line label={text("name")} value={node.name} set={(name) => set({ name })} />
        <Field label={text("zone")}>
          <select value={node.zone ?? ""} onChange={(event) => { const to = event.currentTarget.value; set({ zone: to === "" ? null : to === "\u0000" ? newZone(design.value) : to }); }}>
            <option value="">{text("no-zone")}</option>
            {zonesOf(design.value).filter((zone) => zone !== null).map((zone) => <option key={zone} value={zone}>{zone}</option>)}
            <option value={"\u0000"}>{text("new-zone")}</option>
          </select>
        </Field>
        {node.zone !== null && (
          <Line label={text("rename-zone")} value={node.zone} set={(name) => { if (name !== "") edit((of) => ({ ...of, nodes: of.nodes.map((one) => (one.zone === node.zone ? { ...one, zone: name } : one)) })); }} />
        )}
        <Count label={text("priority")} least={0} most={255} value={node.priority} set={(priority) => set({ priority })} />
        <label class="panels-check"><input type="checkbox" checked={node.data} onChange={(event) => set({ data: event.currentTarget.checked })} />{text("keeps-data")}</label>
        <label class="panels-check"><input type="checkbox" checked={node.vote} onChange={(event) => set({ vote: event.currentTarget.checked })} />{text("votes-too")}</label>
      </div>
      <div class="panels-row">
        <button type="button" class="panels-button is-danger" onClick={() => { chosen.value = null; edit((of) => removed(of, index)); }}>{text("remove-node")}</button>
        <button type="button" class="panels-button is-plain" onClick={() => (chosen.value = null)}>{text("close")}</button>
      </div>
    </fieldset>
  );
}

export function ClusterEditor() {
  const of = design.value;
  return (
    <div class="designer-editor">
      <div class="designer-fields">
        <Line wide label={text("cluster-name")} value={of.name} set={(name) => edit((old) => ({ ...old, name }))} />
        <Field wide label={text("fencing")}>
          <select value={of.fencing} onChange={(event) => { const fencing = event.currentTarget.value; edit((old) => ({ ...old, fencing })); }}>
            <option value="token">{text("fencing-token")}</option>
            <option value="none">{text("fencing-none")}</option>
          </select>
        </Field>
        <Line label={text("max-lag")} value={of.maxLag} hint={text("not-given")} set={(maxLag) => edit((old) => ({ ...old, maxLag }))} />
      </div>
      <ConditionEditor title={text("votes")} kind="votes" of={of} value={of.votes} set={(votes) => edit((old) => ({ ...old, votes }))} />
      <ConditionEditor title={text("acks")} kind="acks" of={of} value={of.acks} set={(acks) => edit((old) => ({ ...old, acks }))} />
      <fieldset class="designer-fieldset">
        <legend>{text("timing")}</legend>
        <div class="designer-fields">
          {TIMES.map((name) => (
            <Line key={name} label={text(`time-${name}`)} value={of.timing[name]} hint={text("not-given")} set={(value) => edit((old) => ({ ...old, timing: { ...old.timing, [name]: value } }))} />
          ))}
        </div>
      </fieldset>
      <LeaseEditor lease={of.lease} />
    </div>
  );
}

// ---- conditions -----------------------------------------------------------------------------------------

const WORDS = { votes: ["majority"], acks: ["majority", "all", "another-zone", "primary"] } as const;

function valueOf(of: Condition | null): string {
  return of === null ? "" : of.kind === "word" ? `word:${of.word}` : of.kind;
}

/** A condition of another kind, with numbers that make sense at first. */
function fresh(kind: string, of: Design): Condition | null {
  const voters = of.nodes.filter((node) => node.vote);
  if (kind === "") return null;
  if (kind.startsWith("word:")) return { kind: "word", word: kind.slice(5) };
  if (kind === "any") return { kind: "any", any: Math.floor(voters.length / 2) + 1, of: null };
  if (kind === "zones") return { kind: "zones", zones: Math.max(1, Math.floor(zonesOf(of).filter((zone) => zone !== null).length / 2) + 1), each: null, of: null };
  return { kind: "weights", weights: voters.map((node) => [node.name, 1]), need: null };
}

function ConditionEditor({ title, kind, of, value, set }: { title: string; kind: "votes" | "acks"; of: Design; value: Condition | null; set: (next: Condition | null) => void }) {
  const words: readonly string[] = WORDS[kind];
  const word = value?.kind === "word" && !words.includes(value.word) ? value.word : null;
  return (
    <fieldset class="designer-fieldset">
      <legend>{title}</legend>
      <div class="designer-fields">
        <Field wide label={text("condition")}>
          <select value={valueOf(value)} onChange={(event) => set(fresh(event.currentTarget.value, of))}>
            <option value="">{text(kind === "votes" ? "votes-default" : "acks-none")}</option>
            {words.map((one) => <option key={one} value={`word:${one}`}>{text(`word-${one}` as "word-all")}</option>)}
            {word !== null && <option value={`word:${word}`}>{word}</option>}
            <option value="any">{text("any-of")}</option>
            <option value="zones">{text("by-zones")}</option>
            {kind === "votes" && <option value="weights">{text("by-weights")}</option>}
          </select>
        </Field>
        {value?.kind === "any" && <Count label={text("how-many")} value={value.any} set={(any) => set({ ...value, any })} />}
        {value?.kind === "zones" && <Count label={text("zones")} value={value.zones} set={(zones) => set({ ...value, zones })} />}
        {value?.kind === "zones" && (
          <Field label={text("each-zone")}>
            <input type="number" min={1} max={64} value={value.each ?? ""} placeholder={text(kind === "votes" ? "a-majority" : "one")}
              onChange={(event) => set({ ...value, each: event.currentTarget.value === "" ? null : taken(event.currentTarget, 1, 64) })} />
          </Field>
        )}
        {value?.kind === "weights" && (
          <>
            {value.weights.map(([name, weight], place) => (
              <Count key={name} label={name} least={0} most={1_000_000} value={weight}
                set={(next) => set({ ...value, weights: value.weights.map((one, at) => (at === place ? [name, next] : one)) })} />
            ))}
            <Field label={text("need")}>
              <input type="number" min={1} max={64_000_000} value={value.need ?? ""} placeholder={text("more-than-half")}
                onChange={(event) => set({ ...value, need: event.currentTarget.value === "" ? null : taken(event.currentTarget, 1, 64_000_000) })} />
            </Field>
          </>
        )}
      </div>
      {kind === "acks" && (value?.kind === "any" || value?.kind === "zones") && <Only value={value} of={of} set={set} />}
    </fieldset>
  );
}

/** Which nodes count, if not all that keep data and vote. */
function Only({ value, of, set }: { value: Condition & { kind: "any" | "zones" }; of: Design; set: (next: Condition) => void }) {
  const data = of.nodes.filter((node) => node.data);
  const usual = data.filter((node) => node.vote).map((node) => node.name);
  const counted = value.of ?? usual;
  const turn = (name: string, on: boolean): void => {
    const next = data.map((node) => node.name).filter((one) => (one === name ? on : counted.includes(one)));
    const same = next.length === usual.length && next.every((one) => usual.includes(one));
    set({ ...value, of: same ? null : next });
  };
  return (
    <div class="panels-row">
      <span class="panels-soft">{text("counts")}:</span>
      {data.map((node) => (
        <label key={node.name} class="panels-check"><input type="checkbox" checked={counted.includes(node.name)} onChange={(event) => turn(node.name, event.currentTarget.checked)} /><code>{node.name}</code></label>
      ))}
    </div>
  );
}

function LeaseEditor({ lease }: { lease: Lease | null }) {
  const set = (change: Partial<Lease>): void => edit((old) => ({ ...old, lease: old.lease === null ? null : { ...old.lease, ...change } }));
  const fresh_: Lease = { hold: "2900ms", grant: "3s", quantum: "", ppm: 10_000, rates: null };
  return (
    <fieldset class="designer-fieldset">
      <legend>{text("lease")}</legend>
      <label class="panels-check"><input type="checkbox" checked={lease !== null} onChange={(event) => { const on = event.currentTarget.checked; edit((old) => ({ ...old, lease: on ? fresh_ : null })); }} />{text("has-lease")}</label>
      {lease !== null && (
        <div class="designer-fields">
          <Line label={text("hold")} value={lease.hold} set={(hold) => set({ hold })} />
          <Line label={text("grant")} value={lease.grant} set={(grant) => set({ grant })} />
          <Line label={text("quantum")} value={lease.quantum} hint={text("not-given")} set={(quantum) => set({ quantum })} />
          {lease.rates === null
            ? <Count label={text("drift")} least={0} most={1_000_000} value={lease.ppm ?? 0} set={(ppm) => set({ ppm })} />
            : (
              <>
                <Count label={text("slow")} most={1_000_000} value={lease.rates[0]} set={(slow) => set({ rates: [slow, lease.rates![1]] })} />
                <Count label={text("fast")} most={1_000_000} value={lease.rates[1]} set={(fast) => set({ rates: [lease.rates![0], fast] })} />
              </>
            )}
        </div>
      )}
    </fieldset>
  );
}
