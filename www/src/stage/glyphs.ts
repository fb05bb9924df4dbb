/** How things look: letters and dashes of messages, shapes and glyphs of roles. */
import type { About, Role } from "../api/types";
import { text, type StageText } from "./text";

interface Look {
  /** One or two letters. */
  letters: string;
  /** Of its tail; a request and its answers have the same. */
  dash: string;
}

const ELECTION = "none";
const ASKING = "2 2";
const BEATS = "1 3";
const LOG = "7 3";
const PROMISES = "4 2";
const FETCHES = "3 4";
const SETTINGS = "6 2 1 2";
const HANDOVER = "9 2 2 2";
const SNAPSHOT = "10 2";
const ENGINE = "1 2 5 2";

const LOOKS: Record<string, Look> = {
  "pre-vote": { letters: "Pv", dash: ASKING },
  "pre-yes": { letters: "Py", dash: ASKING },
  "pre-later": { letters: "Pl", dash: ASKING },
  vote: { letters: "V", dash: ELECTION },
  granted: { letters: "G", dash: ELECTION },
  refused: { letters: "R", dash: ELECTION },
  beat: { letters: "B", dash: BEATS },
  "beat-ack": { letters: "Ba", dash: BEATS },
  handover: { letters: "H", dash: HANDOVER },
  install: { letters: "I", dash: SETTINGS },
  installed: { letters: "Id", dash: SETTINGS },
  revoke: { letters: "Rv", dash: PROMISES },
  promised: { letters: "Pr", dash: PROMISES },
  fetch: { letters: "F", dash: FETCHES },
  fetched: { letters: "Fd", dash: FETCHES },
  append: { letters: "A", dash: LOG },
  ack: { letters: "Ak", dash: LOG },
  gap: { letters: "Gp", dash: LOG },
  snapshot: { letters: "S", dash: SNAPSHOT },
  "engine-connect": { letters: "Ec", dash: ENGINE },
  "engine-stream": { letters: "Es", dash: ENGINE },
  "engine-flushed": { letters: "Ef", dash: ENGINE },
};

export function look(kind: string): Look {
  return LOOKS[kind] ?? { letters: kind.slice(0, 2), dash: ELECTION };
}

/** What a message of this kind says, in a few words. */
export function meaning(kind: string): string | null {
  return kind in LOOKS ? text(`kind.${kind}` as StageText) : null;
}

function polygon(corners: number, radius: number, turn: number): string {
  const points = Array.from({ length: corners }, (_, i) => {
    const angle = turn + (2 * Math.PI * i) / corners;
    return `${(radius * Math.cos(angle)).toFixed(1)} ${(radius * Math.sin(angle)).toFixed(1)}`;
  });
  return `M${points.join("L")}Z`;
}

const circle = (r: number): string => `M${-r} 0a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`;

/** The outline of a machine in this role. */
export function shape(role: Role, radius: number): string {
  switch (role) {
    case "primary":
      return polygon(6, radius * 1.1, -Math.PI / 2);
    case "halted":
      return polygon(8, radius * 1.05, Math.PI / 8);
    case "down": {
      const r = radius * 0.88;
      return `M${-r + 6} ${-r}H${r - 6}a6 6 0 0 1 6 6V${r - 6}a6 6 0 0 1 -6 6H${-r + 6}a6 6 0 0 1 -6 -6V${-r + 6}a6 6 0 0 1 6 -6Z`;
    }
    case "follower":
    case "pre-candidate":
    case "candidate":
      return circle(radius);
  }
}

/** The dash of that outline. */
export function outline(role: Role): string {
  switch (role) {
    case "candidate":
      return "7 4";
    case "pre-candidate":
      return "2 4";
    case "down":
    case "halted":
    case "follower":
    case "primary":
      return "none";
  }
}

/** A small drawing for a role, about 18 wide, around the origin. */
export const GLYPH: Record<Role | "paused", string> = {
  primary: "M-9 6 -10 -5 -4.5 -.5 0 -8 4.5 -.5 10 -5 9 6Z",
  follower: "M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0Z",
  candidate: "M-7 -1V6H7V-1M-4 -1 0 -6 4 -1M-9 -1H9",
  "pre-candidate": "M-7 -1V6H7V-1M-9 -1H9",
  down: "M-6 -6 6 6M6 -6 -6 6",
  halted: "M0 -8V2M0 6V7.5",
  paused: "M-4 -7V7M4 -7V7",
};

/** What a machine is besides an ordinary voter with data, if anything. */
export function standing(about: About, index: number): "witness" | "learner" | "voteless" | "outside" | null {
  const node = about.nodes[index];
  const anyData = about.nodes.some((one) => one.data);
  if (node === undefined) return null;
  if (node.learner) return "learner";
  if (node.votes) return anyData && !node.data ? "witness" : null;
  return node.data ? "voteless" : "outside";
}

/** An arc of a circle, clockwise from the top, by fractions of the whole. */
export function arc(radius: number, from: number, to: number): string {
  const at = (part: number): string => {
    const angle = 2 * Math.PI * part - Math.PI / 2;
    return `${(radius * Math.cos(angle)).toFixed(2)} ${(radius * Math.sin(angle)).toFixed(2)}`;
  };
  const end = to - from >= 1 ? from + 0.9999 : to;
  return `M${at(from)}A${radius} ${radius} 0 ${end - from > 0.5 ? 1 : 0} 1 ${at(end)}`;
}

/** The first part of a text that has place. */
export function short(whole: string, length: number): string {
  return whole.length <= length ? whole : `${whole.slice(0, length - 1)}…`;
}

/** A text without its middle, where it has no place: names that are alike often differ at the end. */
export function withEnds(whole: string, length: number): string {
  const half = Math.floor(length / 2);
  return whole.length <= length ? whole : `${whole.slice(0, length - half - 1)}…${whole.slice(-half)}`;
}
