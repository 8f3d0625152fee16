// @vitest-environment happy-dom
import { expect, test } from "vitest";
import { showProgress } from "./follow";

test("the dip moves to the step, and what is before it is done", () => {
  document.body.innerHTML = `<ol id="steps"><li class="step-now" aria-current="step"><svg id="steps-dip"></svg>a</li><li>b</li><li>c</li></ol>
    <p id="steps-count"></p><p id="hint"></p>`;
  showProgress(document, { step: 2, count: "3 of 3: c", hint: "now" });
  const items = [...document.querySelectorAll("#steps > li")];
  expect(items.map((item) => item.className)).toEqual(["step-done", "step-done", "step-now"]);
  expect(items.map((item) => item.getAttribute("aria-current"))).toEqual([null, null, "step"]);
  expect(document.getElementById("steps-dip")?.parentElement).toBe(items[2]);
  expect(document.getElementById("steps-count")?.textContent).toBe("3 of 3: c");
  showProgress(document, { step: 0, count: "1 of 3: a", hint: "again" });
  expect(items.map((item) => item.className)).toEqual(["step-now", "", ""]);
  expect(document.getElementById("hint")?.textContent).toBe("again");
});
