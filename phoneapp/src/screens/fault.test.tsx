// @vitest-environment happy-dom
// @vitest-environment-options { "url": "https://phone.aldermere.example/" }
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { formatCode } from "../core/codes";
import { PhoneFault } from "../core/contract";
import { stage, type Stage } from "./stage";

const groups = formatCode("7K29QX4VHR3TW5Z");

function failing(key: string, args: Record<string, string | number> = {}, during: "activation" | "other" = "activation"): Promise<Stage> {
  return stage({ route: { screen: "fault" }, prepare: (_core, draft) => {
    draft.trouble = { key, args, during };
  } });
}

describe("a trouble", () => {
  test.each([
    ["activation.used", {}, "Another phone has already used this code", "Type a new Session ID", "sign out of the portal and in again"],
    ["activation.expired", {}, "This code has expired", "Type a new Session ID", "sign out there and in again for a fresh one"],
    ["activation.wrong", {}, "The portal does not know this code", "Type a new Session ID", "For a fresh code"],
    ["activation.limit", {}, "You have as many phones as you may have", "Back to the start", "Remove a phone"],
    ["activation.slow", { Seconds: 40, Count: 40 }, "Too many codes were tried", "Try again", "Wait 40 seconds"],
    ["users.limit", { limit: 32 }, "This phone is full", "Back to the start", "32"],
    ["submission.mac", {}, "The activation was not accepted", "Type a new Session ID", "in again for a fresh code"],
    ["posture.android", { Have: "5.1", Min: "6.0" }, "This Android is too old", "Back to the start", "Android 6.0 or newer is needed"],
    ["posture.ios", { Have: "10.3", Min: "11.0" }, "This iOS is too old", "Back to the start", "runs iOS 10.3"],
    ["posture.rooted", {}, "This phone is rooted", "Back to the start", "not rooted"],
    ["posture.screen_lock", {}, "This phone has no screen lock", "Try again", "Set up a screen lock"],
    ["key.pending", {}, "This phone is not fully active yet", "Back to the start", "finish the activation"],
    ["proof.wrong", {}, "The server does not know this phone", "Back to the start", "security page"],
    ["code.other", {}, "This is not a code of this portal", "Type a new Session ID", "Nothing was sent"],
    ["storage", {}, "This phone did not keep the key", "Try again", "normal window"],
    ["clock", { minutes: 7, direction: "slow" }, "This phone’s clock is wrong", "Try again", "7 minutes slow"],
    ["clock", { minutes: 1, direction: "fast" }, "This phone’s clock is wrong", "Try again", "1 minute fast"],
    ["unavailable", {}, "The server is busy", "Try again", "a few seconds"],
    ["answer.wrong", {}, "The server’s answer was not understood", "Try again", "another network"],
    ["internal", { Reference: "7f3a" }, "That went wrong, and the fault is ours", "Try again", "7f3a"],
  ])("%s %j has its own screen: %s", async (key, args, title, deed, words) => {
    const on = await failing(key, args);
    expect(on.error()).toBe(key);
    expect(on.get("h1").textContent).toContain(title);
    expect(on.get("#next").textContent).toBe(deed);
    expect(on.text()).toContain(words);
    expect(on.text()).not.toMatch(/\{\{|undefined/);
  });

  test("without sentences of its own still says what is safe", async () => {
    const on = await failing("request.too_large");
    expect(on.get("h1").textContent).toBe("That did not work");
    expect(on.text()).toContain("That is more than can be taken at once.");
    expect(on.text()).toContain("your keys are untouched");
  });
});

describe("no connection while a code is looked up", () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  async function cut(): Promise<Stage> {
    const on = await stage({ route: { screen: "code" }, prepare: (core, draft) => {
      core.fault = new PhoneFault("offline");
      draft.groups = groups;
    } });
    await on.click("#continue");
    expect(on.error()).toBe("offline");
    expect(on.text()).toContain("The app goes on by itself as soon as there is a connection.");
    return on;
  }

  test("goes on by itself when the connection is back", async () => {
    const on = await cut();
    await on.change(() => window.dispatchEvent(new Event("online")));
    expect(on.screen()).toBe("offer");
    expect(on.core.calls.filter((call) => call.startsWith("lookup"))).toHaveLength(2);
  });

  test("asks for the server now and then, tries again when it is there, and a no ends it", async () => {
    const on = await cut();
    on.core.connect(false, on.clock.now);
    for (const seconds of [1, 2, 4]) await on.change(() => vi.advanceTimersByTime(seconds * 1000));
    expect(on.core.calls.filter((call) => call === "refresh")).toHaveLength(3);
    expect(on.error()).toBe("offline");
    on.core.fault = new PhoneFault("offline"); // gone again at once
    await on.change(() => on.core.connect(true));
    expect(on.error()).toBe("offline");
    on.core.fault = new PhoneFault("activation.expired");
    await on.change(() => on.core.connect(true));
    expect(on.error()).toBe("activation.expired");
    const asked = on.core.calls.length;
    await on.change(() => vi.advanceTimersByTime(60_000));
    expect(on.core.calls).toHaveLength(asked);
  });

  test("elsewhere promises nothing", async () => {
    const on = await failing("offline", {}, "other");
    expect(on.text()).toContain("Go on when you are online.");
  });
});
