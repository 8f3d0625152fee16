// @vitest-environment happy-dom
import { expect, test } from "vitest";
import { platformSwitch } from "./platform";

test("the phone that was chosen is remembered, and the handset looks like it", () => {
  document.body.innerHTML = `<input type="radio" name="platform" value="android" checked><input type="radio" name="platform" value="ios"><div id="handset"></div>`;
  const handset = document.getElementById("handset");
  const buttons = document.querySelectorAll<HTMLInputElement>("input");
  localStorage.clear();
  let changes = 0;
  const now = platformSwitch(buttons, handset, localStorage, () => (changes += 1));
  expect([now(), handset?.dataset["platform"]]).toEqual(["android", "android"]);
  buttons[1]?.click();
  expect([now(), handset?.dataset["platform"], changes]).toEqual(["ios", "ios", 1]);
  expect(platformSwitch(buttons, handset, localStorage, () => undefined)()).toBe("ios");
  expect(buttons[1]?.checked).toBe(true);
});
