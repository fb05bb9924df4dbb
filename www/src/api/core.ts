/**
 * The core in this page: sessions in which things are tried, and what can be asked without one.
 *
 * A session is a tree of moments. Nothing in it is ever discarded: acting in the past begins another branch. Whatever
 * is refused throws an `Error` whose message says what, where and what to do; the session is unchanged.
 */
import init, { Session as Bound, catalogue as catalogueJson, rules as rulesJson, version as versionText } from "../pkg/play";
import type {
  About, CatalogueEntry, ChoiceView, EventView, Explanation, LinkRun, Model, MomentId, RuleView, View,
} from "./types";

let loading: Promise<unknown> | null = null;

/** Loads the module of sessions, once. */
export function load(source?: BufferSource | URL | string): Promise<unknown> {
  loading ??= source === undefined ? init() : init({ module_or_path: source });
  return loading;
}

export type ExportFormat = "rust-test" | "mermaid" | "itf" | "text";

export class Session {
  private readonly events = new Map<MomentId, EventView>();
  private constructor(private readonly bound: Bound, readonly about: About) {}

  private static of(bound: Bound): Session {
    return new Session(bound, JSON.parse(bound.about()) as About);
  }

  /** A new session of a model. */
  static open(model: Model): Session {
    return Session.of(Bound.open(JSON.stringify(model)));
  }

  /** A session that has gone through a run file. Its last moment is `session.size - 1`. */
  static read(text: string): Session {
    return Session.of(Bound.read(text));
  }

  /** A session that has gone through the choices of a link as far as they are possible, and what is to be said of it:
   * recorded with another version, ends elsewhere, stops early. */
  static follow(run: LinkRun): { session: Session; warning: string | null } {
    const session = Session.of(Bound.follow(JSON.stringify(run)));
    return { session, warning: session.warning };
  }

  /** What is to be said of the run that the session has gone through. */
  get warning(): string | null {
    return this.bound.warning() ?? null;
  }

  /** How many moments there are. */
  get size(): number {
    return this.bound.size();
  }

  view(id: MomentId): View {
    return JSON.parse(this.bound.view(id)) as View;
  }

  choices(id: MomentId): ChoiceView[] {
    return JSON.parse(this.bound.choices(id)) as ChoiceView[];
  }

  /** What led to a moment; null for the beginning. */
  event(id: MomentId): EventView | null {
    if (id === 0) return null;
    let event = this.events.get(id);
    if (event === undefined) {
      event = JSON.parse(this.bound.event(id)) as EventView;
      this.events.set(id, event);
    }
    return event;
  }

  /** Moments from the beginning to this one. */
  path(id: MomentId): MomentId[] {
    return Array.from(this.bound.path(id));
  }

  /** Lets a choice happen; the moment it leads to, an old one if it was tried before. */
  choose(id: MomentId, index: number): MomentId {
    return this.bound.choose(id, index);
  }

  /** The same by printable name. */
  chooseNamed(id: MomentId, name: string): MomentId {
    return this.bound.choose_named(id, name);
  }

  /** Lets what would naturally happen next happen: messages arrive, disks flush, effects are done; timers only if
   * nothing else is left to do. The same moment and seed give the same. Null if nothing can happen. */
  auto(id: MomentId, seed: number): MomentId | null {
    return this.bound.auto(id, seed) ?? null;
  }

  explain(id: MomentId): Explanation {
    return JSON.parse(this.bound.explain(id)) as Explanation;
  }

  /** Goes from `id` through choices by name. Stops at the first that is impossible, and says why. */
  walk(id: MomentId, names: string[]): { moment: MomentId; done: number; stopped: string | null } {
    return JSON.parse(this.bound.walk(id, JSON.stringify(names))) as never;
  }

  /** Goes, from the beginning, the way that a search found on a network `any`: a message that arrives more than once is
   * doubled before, as far as the bounds allow; what is done at once here needs no flush. `done` counts the names. */
  adopt(names: string[]): { moment: MomentId; done: number; stopped: string | null } {
    return JSON.parse(this.bound.adopt(JSON.stringify(names))) as never;
  }

  /** The printable names of the choices that lead to a moment. */
  names(id: MomentId): string[] {
    return JSON.parse(this.bound.names(id)) as string[];
  }

  /** The run to this moment as a run file. */
  run(id: MomentId, note: string): string {
    return this.bound.run(id, note);
  }

  link(id: MomentId, note: string): LinkRun {
    return JSON.parse(this.bound.link(id, note)) as LinkRun;
  }

  export(id: MomentId, format: ExportFormat): string {
    return this.bound.export(id, format);
  }

  /** Gives back the memory. */
  close(): void {
    this.bound.free();
  }
}

export const catalogue = (): CatalogueEntry[] => JSON.parse(catalogueJson()) as CatalogueEntry[];
export const rules = (): RuleView[] => JSON.parse(rulesJson()) as RuleView[];
export const version = (): string => versionText();
