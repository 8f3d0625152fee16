import { describe, expect, test } from "vitest";
import { platformOf, posture } from "./posture";

const webkit = "AppleWebKit/605.1.15 (KHTML, like Gecko)";
const blink = "AppleWebKit/537.36 (KHTML, like Gecko)";

/** Real browsers: name, user agent, touch points, what they are, and the version that they tell of themselves. */
const browsers = [
  ["Safari on an iPhone", `Mozilla/5.0 (iPhone; CPU iPhone OS 18_3_1 like Mac OS X) ${webkit} Version/18.3 Mobile/15E148 Safari/604.1`, 5, "ios", "18.3.1"],
  ["Safari 26, whose version is frozen", `Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) ${webkit} Version/26.0 Mobile/15E148 Safari/604.1`, 5, "ios", "18.6"],
  ["Chrome on an iPhone", `Mozilla/5.0 (iPhone; CPU iPhone OS 17_7 like Mac OS X) ${webkit} CriOS/131.0.6778.73 Mobile/15E148 Safari/604.1`, 5, "ios", "17.7"],
  ["an iPhone that is too old", "Mozilla/5.0 (iPhone; CPU iPhone OS 10_3_4 like Mac OS X) AppleWebKit/603.3.8 (KHTML, like Gecko) Version/10.0 Mobile/14G61 Safari/602.1", 5, "ios", "10.3.4"],
  ["an iPad that says so", `Mozilla/5.0 (iPad; CPU OS 12_5_7 like Mac OS X) ${webkit} Version/12.1.2 Mobile/15E148 Safari/604.1`, 5, "ios", "12.5.7"],
  ["an iPad as a Mac", `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${webkit} Version/18.3 Safari/605.1.15`, 5, "ios", undefined],
  ["Chrome on an iPad as a Mac", `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${webkit} CriOS/131 Version/11.1.1 Safari/605.1.15`, 5, "ios", undefined],
  ["a Mac", `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${webkit} Version/18.3 Safari/605.1.15`, 0, "other", undefined],
  ["Chrome on Android, whose version is frozen", `Mozilla/5.0 (Linux; Android 10; K) ${blink} Chrome/140.0.0.0 Mobile Safari/537.36`, 5, "android", undefined],
  ["Samsung's browser, frozen as well", `Mozilla/5.0 (Linux; Android 10; K) ${blink} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36`, 5, "android", undefined],
  ["a web view that is frozen", `Mozilla/5.0 (Linux; Android 10; K; wv) ${blink} Version/4.0 Chrome/138.0.0.0 Mobile Safari/537.36`, 5, "android", undefined],
  ["a web view that is not", `Mozilla/5.0 (Linux; Android 14; Pixel 8 Build/UQ1A.240105.004; wv) ${blink} Version/4.0 Chrome/120.0.6099.144 Mobile Safari/537.36`, 5, "android", "14"],
  ["Chrome before the freeze", `Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5) ${blink} Chrome/80.0.3987.99 Mobile Safari/537.36`, 5, "android", "6.0.1"],
  ["a phone whose name begins with K", `Mozilla/5.0 (Linux; Android 10; KB2003) ${blink} Chrome/90.0.4430.91 Mobile Safari/537.36`, 5, "android", "10"],
  ["a phone that is too old", `Mozilla/5.0 (Linux; Android 5.1.1; SM-J320F) ${blink} Chrome/86.0.4240.110 Mobile Safari/537.36`, 5, "android", "5.1.1"],
  ["Firefox on Android", "Mozilla/5.0 (Android 14; Mobile; rv:132.0) Gecko/132.0 Firefox/132.0", 5, "android", "14"],
  ["Firefox on what is 10 or older", "Mozilla/5.0 (Android 10; Mobile; rv:132.0) Gecko/132.0 Firefox/132.0", 5, "android", undefined],
  ["Huawei's browser on HarmonyOS", `Mozilla/5.0 (Linux; Android 12; HarmonyOS; NOH-AN00; HMSCore 6.13.0.321) ${blink} Chrome/114.0.5735.196 HuaweiBrowser/15.0.4.312 Mobile Safari/537.36`, 5, "android", "12"],
  ["HarmonyOS without Android", `Mozilla/5.0 (Phone; OpenHarmony 5.0) ${blink} Chrome/114.0.0.0 Safari/537.36 ArkWeb/4.1.6.1 Mobile HuaweiBrowser/5.1.9.301`, 5, "android", undefined],
  ["HarmonyOS that poses as Android", `Mozilla/5.0 (Phone; OpenHarmony 6.1; Android 10) ${blink} Chrome/132.0.0.0 Safari/537.36 ArkWeb/6.1.0.120 Mobile`, 5, "android", undefined],
  ["a tablet with HarmonyOS", `Mozilla/5.0 (Tablet; OpenHarmony 6.1) ${blink} Chrome/132.0.0.0 Safari/537.36ArkWeb/6.1.0.120 HuaweiBrowser/6.1.6.310`, 5, "android", undefined],
  ["a computer with HarmonyOS", `Mozilla/5.0 (PC; OpenHarmony 5.0) ${blink} Chrome/132.0.0.0 Safari/537.36 ArkWeb/6.0.0.47 HuaweiBrowser/6.0.0.300`, 0, "other", undefined],
  ["Chrome on Linux", `Mozilla/5.0 (X11; Linux x86_64) ${blink} Chrome/140.0.0.0 Safari/537.36`, 0, "other", undefined],
  ["Edge on Windows", `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${blink} Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0`, 10, "other", undefined],
] as const;

test.each(browsers)("%s", async (_, userAgent, maxTouchPoints, platform, osVersion) => {
  expect(platformOf({ userAgent, maxTouchPoints })).toBe(platform);
  const told = { platform, app: "nodkey-web/dev", ...(osVersion === undefined ? {} : { osVersion }) };
  expect(await posture({ userAgent, maxTouchPoints })).toEqual(told);
});

describe("client hints", () => {
  const frozen = `Mozilla/5.0 (Linux; Android 10; K) ${blink} Chrome/140.0.0.0 Mobile Safari/537.36`;
  const hints = (platform: string, values: { model?: string; platformVersion?: string }) => ({
    platform,
    getHighEntropyValues: async () => Promise.resolve(values),
  });

  test("tell the version that the user agent hides, and the model, cleaned", async () => {
    const userAgentData = hints("Android", { model: " Pixel\u202e 8 ", platformVersion: "15.0.0" });
    expect(await posture({ userAgent: frozen, maxTouchPoints: 5, userAgentData })).toEqual({
      platform: "android",
      osVersion: "15.0.0",
      model: "Pixel 8",
      app: "nodkey-web/dev",
    });
  });

  test("that say no version leave the frozen one out all the same", async () => {
    const userAgentData = hints("Android", { model: "", platformVersion: "" });
    expect(await posture({ userAgent: frozen, maxTouchPoints: 5, userAgentData })).toEqual({ platform: "android", app: "nodkey-web/dev" });
  });

  test("that the browser refuses are done without", async () => {
    const userAgentData = { platform: "Android", getHighEntropyValues: async () => Promise.reject(new Error("no")) };
    expect(await posture({ userAgent: frozen, maxTouchPoints: 5, userAgentData })).toEqual({ platform: "android", app: "nodkey-web/dev" });
  });

  test("of a computer that poses as a phone are not the phone's", async () => {
    const userAgent = browsers[0][1];
    const userAgentData = hints("Linux", { platformVersion: "6.8.0" });
    expect(await posture({ userAgent, maxTouchPoints: 5, userAgentData })).toMatchObject({ platform: "ios", osVersion: "18.3.1" });
  });

  test("know Android also behind a page for desktops", async () => {
    const userAgent = `Mozilla/5.0 (X11; Linux x86_64) ${blink} Chrome/140.0.0.0 Safari/537.36`;
    const userAgentData = hints("Android", { platformVersion: "14.0.0" });
    expect(await posture({ userAgent, maxTouchPoints: 5, userAgentData })).toMatchObject({ platform: "android", osVersion: "14.0.0" });
  });
});
