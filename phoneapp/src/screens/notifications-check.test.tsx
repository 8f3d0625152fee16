// @vitest-environment happy-dom
import { afterEach, describe, expect, test, vi } from "vitest";
import { PhoneFault, type PushTest } from "../core/contract";
import type { Environment } from "../install/environment";
import type { Permission } from "../install/notifier";
import { noNotifier, userOf } from "../preview-core";
import { reportOf, type Finding } from "../preview-push";
import { moment, stage, type Stage } from "./stage";

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

interface Given {
  readonly permission?: Permission;
  readonly answer?: Permission;
  readonly environment?: Partial<Environment>;
  readonly language?: "en" | "de" | "ja";
}

async function checking(finding: Finding, { permission = "granted", answer = "granted", environment = {}, language = "en" }: Given = {}): Promise<Stage> {
  const notifier = {
    ...noNotifier, permission,
    ask: () => {
      notifier.permission = answer;
      return Promise.resolve(answer);
    },
  };
  return stage({
    route: { screen: "notifications-check" }, notifier, environment, language,
    prepare: (core) => {
      core.set({ users: [userOf()] });
      core.report = reportOf(finding, moment);
    },
  });
}

/** "state title: sentence" of a step. */
const step = (on: Stage, name: string): string => on.get(`[data-check=${name}]`).textContent;
const stateOf = (on: Stage, name: string): string | null => on.get(`[data-check=${name}]`).getAttribute("data-state");

describe("the checks", () => {
  test("stand in the settings of somebody who is active, and say each step with a word", async () => {
    const on = await stage({
      route: { screen: "settings" }, notifier: { ...noNotifier, permission: "granted" },
      prepare: (core) => {
        core.set({ users: [userOf()] });
        core.report = reportOf("good", moment);
      },
    });
    await on.click("#notifications");
    expect(on.screen()).toBe("notifications-check");
    for (const name of ["permission", "worker", "subscription", "service", "receipt"]) expect(step(on, name)).toContain("Works");
    expect(on.text()).toContain("Requests reach this phone, even when the app is closed.");
    expect(step(on, "service")).toContain("fcm.googleapis.com takes our messages.");
    expect(on.text()).toContain("Arrived after 1.3 seconds");
    expect(on.text()).toContain("The last test, today, 12:32.");
  });

  test("within the demo's frame are the page that says what such a browser cannot do", async () => {
    const on = await stage({ route: { screen: "settings" }, environment: { framed: true }, prepare: (core) => core.set({ users: [userOf()] }) });
    await on.click("#notifications");
    expect([on.screen(), on.text()]).toEqual(["notifications", expect.stringContaining("Open the app when you sign in: the request stands there.")]);
  });

  test.each([
    ["denied", "denied", "permission", "Notifications are switched off for this app.", "Needs repair"],
    ["default", "default", "permission", "You were not asked yet.", "Needs repair"],
    ["no-service", "granted", "subscription", "push service gave no address", "Needs repair"],
    ["failing", "granted", "service", "fcm.googleapis.com refused the last messages.", "Needs repair"],
    ["lost", "granted", "receipt", "The last test did not arrive.", "Needs repair"],
    ["offline", "granted", "service", "cannot be asked now", "Not known"],
    ["untested", "granted", "receipt", "No test was sent yet.", "Not known"],
  ] as const)("say what repairs it: %s", async (finding, permission, name, sentence, word) => {
    const on = await checking(finding, { permission });
    expect(step(on, name)).toContain(sentence);
    expect(step(on, name)).toContain(word);
    expect(stateOf(on, name)).toBe(word === "Not known" ? "unknown" : "bad");
  });

  test.each([
    ["android", { platform: "android" }, ["Switch Do Not Disturb off", "choose this app", "battery saver", "phone.aldermere.example must be allowed"]],
    ["a browser on Android", { platform: "android", installed: false }, ["choose this browser"]],
    ["an iPhone", { platform: "ios", browser: "safari" }, ["Switch Focus off", "Banners and Sounds", "iOS 16.4", "add it again"]],
    ["a computer", { platform: "other", installed: false }, ["this computer’s Do Not Disturb", "Leave the browser running"]],
  ] as const)("say what else may be in the way on %s", async (_, environment, sentences) => {
    const on = await checking("good", { environment });
    for (const sentence of sentences) expect(on.text()).toContain(sentence);
  });

  test("tell a phone without Google's services why, and an old iPhone", async () => {
    expect(step(await checking("no-service", { environment: { withoutGoogle: true } }), "subscription")).toContain("without Google’s services");
    expect(step(await checking("impossible", { environment: { platform: "ios" } }), "subscription")).toContain("from iOS 16.4 on");
  });

  test("show how refused notifications are allowed, here", async () => {
    const on = await checking("denied", { permission: "denied", environment: { platform: "ios" } });
    expect(step(on, "permission")).toContain("switch on Allow Notifications");
    expect([on.has("#send-test"), on.has("#allow"), on.has("#check-again")]).toEqual([false, false, true]);
  });

  test("ask for the permission here, and look again", async () => {
    const on = await checking("default", { permission: "default" });
    on.core.report = reportOf("untested", moment);
    await on.click("#allow");
    expect(on.core.calls).toEqual(["subscribe"]);
    expect(stateOf(on, "permission")).toBe("good");
    expect(on.has("#send-test")).toBe(true);
  });

  test("are looked at again when the person comes back from the phone's settings, and by the button", async () => {
    const on = await checking("no-service");
    on.core.report = reportOf("lost", moment);
    await on.change(() => document.dispatchEvent(new Event("visibilitychange")));
    expect(stateOf(on, "subscription")).toBe("good");
    on.core.report = reportOf("no-service", moment);
    await on.change(() => document.dispatchEvent(new Event("visibilitychange")));
    on.core.report = reportOf("good", moment);
    await on.click("#check-again");
    expect(stateOf(on, "subscription")).toBe("good");
  });

  test("say nothing before anything is known", async () => {
    const on = await stage({
      route: { screen: "notifications-check" }, notifier: { ...noNotifier, permission: "granted" },
      prepare: (core) => {
        core.set({ users: [userOf()] });
        core.pushChecks = () => new Promise(() => undefined);
      },
    });
    expect(on.text()).toContain("Being checked");
    expect(on.has("[data-state]")).toBe(false);
  });
});

describe("a test", () => {
  const panel = (on: Stage): string => on.get(".push-test").textContent;

  test("counts the seconds for the eyes alone, and says after how many it arrived", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    const on = await checking("untested");
    let end: (test: PushTest) => void = () => undefined;
    on.core.tested = new Promise((resolve) => (end = resolve));
    await on.click("#send-test");
    await on.change(() => {
      on.clock.now += 3000;
      vi.advanceTimersByTime(1000);
    });
    expect(panel(on)).toContain("On its way: 3\u00a0s");
    expect(on.get(".push-test .figures").getAttribute("aria-hidden")).toBe("true");
    expect(on.get("#send-test").getAttribute("aria-busy")).toBe("true");
    await on.click("#send-test");
    expect(on.core.calls).toEqual(["testPush"]);
    await on.change(() => end({ ms: 1284 }));
    expect(on.get(".push-test [role=status]").textContent).toBe("Arrived after 1.3 seconds");
  });

  test.each([["de", "Nach 1,3 Sekunden angekommen"], ["ja", "1.3秒で届きました"]] as const)("tells the seconds as people write them: %s", async (language, words) => {
    const on = await checking("untested", { language });
    await on.click("#send-test");
    expect(panel(on)).toContain(words);
  });

  test.each([["service", "The push service did not take it"], ["phone", "it did not come here within 30 seconds"]] as const)("that is lost says where: %s", async (lost, words) => {
    const on = await checking("good");
    on.core.tested = Promise.resolve({ lost });
    on.core.report = reportOf("lost", moment);
    await on.click("#send-test");
    expect(panel(on)).toContain("It did not arrive");
    expect(panel(on)).toContain(words);
    expect(stateOf(on, "receipt")).toBe("bad");
  });

  test.each([["push.off", "This server sends no notifications."], ["offline", "The server could not be asked."], ["key.suspended", "Call the service desk to unlock it."], ["answer.wrong", "in a way that the app does not understand"]] as const)("that cannot be sent says so here: %s", async (key, words) => {
    const on = await checking("good");
    on.core.fault = new PhoneFault(key);
    await on.click("#send-test");
    expect([on.screen(), panel(on)]).toEqual(["notifications-check", expect.stringContaining(words)]);
    await on.click("#send-test");
    expect(panel(on)).toContain("Arrived after 1.3 seconds");
  });
});

describe("another way", () => {
  test("is offered where the server has ntfy, named by an address, shown, and taken back", async () => {
    const on = await stage({ route: { screen: "ntfy" }, prepare: (core) => core.set({ users: [userOf()] }) });
    await on.type("#ntfy-address", "http://ntfy.example/a");
    on.core.fault = new PhoneFault("push.endpoint");
    await on.click("#save");
    expect([on.screen(), on.error(), document.activeElement?.id]).toEqual(["ntfy", "push.endpoint", "ntfy-address"]);
    on.core.fault = new PhoneFault("push.service", { host: "ntfy.example" });
    await on.type("#ntfy-address", "ntfy.example/a");
    await on.click("#save");
    expect(on.text()).toContain("publishes nothing at ntfy.example");
    await on.click("#save");
    expect(on.get(".topic").textContent).toBe("https://ntfy.example/a");
    const writeText = vi.fn<(text: string) => Promise<void>>(() => Promise.resolve());
    vi.stubGlobal("navigator", { clipboard: { writeText } });
    await on.click("#copy-topic");
    vi.unstubAllGlobals();
    expect([writeText.mock.calls, on.text()]).toEqual([[["a"]], expect.stringContaining("The topic is copied.")]);
    await on.click("#leave-ntfy");
    expect([on.has("#ntfy-address"), on.core.ntfy]).toEqual([true, undefined]);
  });

  test("is not offered where the server has none", async () => {
    expect((await checking("good")).has("#ntfy")).toBe(false);
  });
});
