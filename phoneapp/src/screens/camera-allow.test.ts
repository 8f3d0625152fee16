import { expect, test } from "vitest";
import { allowSteps } from "./camera-allow";

test.each([
  ["android", "chrome", false, "allow.chrome.1"], ["android", "edge", false, "allow.chrome.1"], ["android", "samsung", false, "allow.samsung.1"],
  ["android", "firefox", false, "allow.firefox.1"], ["android", "huawei", false, "allow.other.1"], ["android", "chrome", true, "allow.installed.1"],
  ["ios", "safari", false, "allow.safari.1"], ["ios", "chrome", false, "allow.iosapp.1"], ["ios", "safari", true, "allow.homescreen.1"],
  ["other", "other", false, "allow.desktop.1"], ["other", "other", true, "allow.desktop.1"],
] as const)("on %s in %s (installed: %s) the way begins with %s, and ends here", (platform, browser, installed, first) => {
  const steps = allowSteps({ platform, browser, installed });
  expect(steps[0]).toBe(first);
  expect(steps.at(-1)).toBe("allow.last");
});
