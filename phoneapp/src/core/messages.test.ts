import { expect, test } from "vitest";

import { readServer } from "./messages";
import { Members } from "./strict";

const point = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
const said = { id: "s", name: "Aldermere", operator: "Aldermere Savings", key: point, rpId: "phone.example", time: 1, pin: { min: 4, max: 6 } };

test("a server says which channels it has", () => {
  const read = (more: object) => readServer(new Members({ ...said, ...more }, "server")).info;
  expect(read({}).push).toBeUndefined();
  expect(read({}).ntfy).toBeUndefined();
  expect(read({ push: point, ntfy: true })).toMatchObject({ push: point, ntfy: true });
  expect(() => read({ ntfy: "yes" })).toThrow();
  expect(() => read({ webhook: true })).toThrow();
});
