/** The plan of a cluster file is, to the character, what `quorate plan` prints: a Rust test keeps the same files equal. */
import { readdirSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { Session } from "../src/api/core";
import { plan, planModel } from "../src/api/plan";
import { ready, root, text } from "./core";

const names = readdirSync(new URL("clusters/", root)).map((file) => file.replace(/\.toml$/, ""));

beforeAll(ready);

test("there are clusters", () => expect(names.length).toBe(7));

test.each(names)("%s", (name) => {
  const file = `clusters/${name}.toml`;
  const golden = text(`models/tests/golden/plan/${name}.txt`);
  const answer = plan(file, text(file));
  if (answer.error === null) {
    expect(answer.text).toBe(golden);
    expect(answer.plan).toMatchObject({ name: expect.any(String), nodes: expect.any(Array) });
  } else {
    expect(`${answer.error}\n`).toBe(golden);
    expect(answer).toMatchObject({ text: "", plan: null });
  }
});

test("the model of a cluster file opens as a session", () => {
  const file = "clusters/three-postgres.toml";
  const session = Session.open(planModel(file, text(file)));
  expect(session.about.nodes.length).toBe(3);
  session.close();
  expect(() => planModel("x.toml", "nodes = 3")).toThrow(/^x\.toml/);
});
