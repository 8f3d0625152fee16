import { expect, test } from "vitest";
import { platformOf, posture } from "./posture";

const iPhone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_3_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.3 Mobile/15E148 Safari/604.1";
const iPad = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.3 Safari/605.1.15";
const android = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile Safari/537.36";
const linux = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36";

test.each([
  [iPhone, 5, "ios"],
  [iPad, 5, "ios"],
  [iPad, 0, "other"],
  [android, 5, "android"],
  [linux, 0, "other"],
] as const)("%s with %i touch points is %s", (userAgent, maxTouchPoints, platform) => {
  expect(platformOf({ userAgent, maxTouchPoints })).toBe(platform);
});

test("says what the browser tells, cleaned, and leaves out the rest", async () => {
  const hints = {
    platform: "Android",
    getHighEntropyValues: async () => Promise.resolve({ model: " Pixel\u202e 8 ", platformVersion: "15.0.0" }),
  };
  expect(await posture({ userAgent: android, maxTouchPoints: 5, userAgentData: hints })).toEqual({
    platform: "android",
    osVersion: "15.0.0",
    model: "Pixel 8",
    app: "nodkey-web/dev",
  });
  expect(await posture({ userAgent: iPhone, maxTouchPoints: 5 })).toEqual({ platform: "ios", osVersion: "18.3.1", app: "nodkey-web/dev" });
  expect(await posture({ userAgent: linux, maxTouchPoints: 0 })).toEqual({ platform: "other", app: "nodkey-web/dev" });
});

test("goes on when the browser refuses to tell", async () => {
  const hints = { platform: "Android", getHighEntropyValues: async () => Promise.reject(new Error("no")) };
  expect(await posture({ userAgent: android, maxTouchPoints: 5, userAgentData: hints })).toMatchObject({ osVersion: "10" });
});
