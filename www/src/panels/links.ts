/** A run in a model of its own, as an address of this page. */
import { Session } from "../api/core";
import type { Model } from "../api/types";
import { writeLink } from "../share/link";

export async function linkOf(model: Model, choices: string[]): Promise<string> {
  const session = Session.open(model);
  try {
    const { moment } = session.walk(0, choices);
    const hash = await writeLink({ run: session.link(moment, ""), at: null });
    return `${location.pathname}${location.search}${hash}`;
  } finally {
    session.close();
  }
}
