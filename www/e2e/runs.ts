/** Long and crowded runs for the tests, made by the core itself. */
import { readFileSync } from "node:fs";
import { load, Session } from "../src/api/core";
import { catalogue } from "../src/api/core";
import { writeLink } from "../src/share/link";
import { sandbox } from "../src/state/start";

async function begin(): Promise<Session> {
  await load(readFileSync(new URL("../src/pkg/play_bg.wasm", import.meta.url)));
  const { model } = catalogue().find(({ name }) => name === "failover")!;
  return Session.open(sandbox({ ...model, name: "three nodes", scope: { ...model.scope, driver: "blocking" } }));
}

/** A run file of so many steps, as things happen by themselves. */
export async function long(steps: number): Promise<string> {
  const session = await begin();
  let at = 0;
  for (let step = 0; step < steps; step++) at = session.auto(at, step) ?? at;
  return session.run(at, "");
}

/** A run file that ends with at least so many messages on their way. */
export async function crowded(messages: number): Promise<string> {
  const session = await begin();
  let at = 0;
  while (!session.view(at).nodes.some(({ serving }) => serving)) at = session.auto(at, 0)!;
  for (;;) {
    const { letters } = session.view(at);
    if (letters.reduce((sum, { copies }) => sum + copies, 0) >= messages) return session.run(at, "");
    const choices = session.choices(at).filter(({ effective }) => effective);
    const next = choices.find(({ kind }) => kind === "write") ?? choices.find(({ kind }) => kind === "tick") ?? choices.find(({ kind }) => kind === "duplicate");
    if (next === undefined) return session.run(at, "");
    at = session.choose(at, next.index);
  }
}

/** A link to the first primary that serves, and what somebody made of it: the first choice so often, and a note. */
export async function forged(repeats: number, note: string): Promise<string> {
  const session = await begin();
  let at = 0;
  while (!session.view(at).nodes.some(({ serving }) => serving)) at = session.auto(at, 0)!;
  const run = session.link(at, "");
  return writeLink({ run: { ...run, choices: [...run.choices, ...Array.from({ length: repeats }, () => 0)], note }, at: null });
}
