// @vitest-environment happy-dom
// @vitest-environment-options { "url": "https://phone.aldermere.example/" }
import { describe, expect, test, vi } from "vitest";
import { formatCode } from "../core/codes";
import type { Environment } from "../install/environment";
import type { Installer, InstallState } from "../install/installer";
import type { Notifier, Permission } from "../install/notifier";
import { userOf } from "../preview-core";
import type { Draft } from "../ui/app-context";
import { stage, type Stage } from "./stage";

const groups = formatCode("7K29QX4VHR3TW5Z");
const fingerprint = "AAAAAAAAAAAAAAAAAAAAAA";
const code = (_: unknown, draft: Draft): void => void Object.assign(draft, { groups, fingerprint });
const browser: Partial<Environment> = { installed: false };
const safari: Partial<Environment> = { installed: false, platform: "ios", browser: "safari", ios: 18.6 };
const inLine: Partial<Environment> = { installed: false, inApp: "LINE" };

/** An installer whose state the test sets. */
function installerAt(state: InstallState): Installer & { become(state: InstallState): void; asked: number } {
  const listeners = new Set<() => void>();
  const installer = {
    state, asked: 0,
    ask: () => {
      installer.asked++;
      return Promise.resolve();
    },
    on: (listener: () => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    become: (next: InstallState) => {
      installer.state = next;
      for (const listener of listeners) listener();
    },
  };
  return installer;
}

/** A clipboard that takes text, or refuses it. */
async function copying(deed: () => Promise<void>, refuses = false): Promise<unknown[]> {
  const writeText = vi.fn<(text: string) => Promise<void>>(() => (refuses ? Promise.reject(new Error("no")) : Promise.resolve()));
  vi.stubGlobal("navigator", { clipboard: { writeText } });
  await deed();
  vi.unstubAllGlobals();
  return writeText.mock.calls.flat();
}

describe("Android", () => {
  test("says whose app it is, shows the browser's prompt and tells its outcome", async () => {
    const installer = installerAt("offered");
    const handed: unknown[] = [];
    const on = await stage({ route: { screen: "install" }, environment: browser, installer, prepare: code, handOver: (link) => handed.push(link?.groups) });
    for (const piece of ["Aldermere Client Portal", "Operated by Aldermere", "phone.aldermere.example"]) expect(on.get("#whose").textContent).toContain(piece);
    await on.click("#install");
    expect(installer.asked).toBe(1);
    await on.change(() => installer.become("accepted"));
    expect(on.text()).toContain("The app is being installed");
    await on.change(() => installer.become("installed"));
    expect(on.text()).toContain("Open Aldermere Client Portal from the home screen. It goes on with your code by itself if you open it within 10 minutes.");
    expect(handed).toEqual([groups]);
    expect(on.core.calls).toEqual([]);
  });

  test("after a no at the prompt tells that nothing was changed, and shows the menu's way", async () => {
    const installer = installerAt("offered");
    const on = await stage({ route: { screen: "install" }, environment: browser, installer, prepare: code });
    await on.change(() => installer.become("dismissed"));
    expect(on.text()).toContain("The app was not installed. Nothing was changed.");
    expect(on.text()).toContain("Touch the three dots at the top right");
    expect(on.has("#install")).toBe(false);
  });

  test.each([
    ["chrome", "Choose “Install app” or “Add to Home screen”."],
    ["samsung", "Choose “Add page to”, then “Home screen”."],
    ["firefox", "Touch the three dots beside the address."],
    ["edge", "Choose “Add to phone”."],
    ["opera", "Choose “Add to…”, then “Home screen”."],
    ["huawei", "Choose “Add to Home screen” or “Add page to”."],
  ] as const)("without a prompt %s's own menu is drawn", async (name, sentence) => {
    const on = await stage({ route: { screen: "install" }, environment: { ...browser, browser: name } });
    expect(on.text()).toContain(sentence);
    expect(on.has(".drawn-bar .icon")).toBe(true);
  });

  test("the lesser way goes on here with the code, and takes it back from the app", async () => {
    const handed: unknown[] = [];
    const on = await stage({ route: { screen: "install" }, environment: browser, prepare: code, handOver: (link) => handed.push(link?.groups) });
    await on.click("#stay");
    expect(handed).toEqual([groups, undefined]);
    expect([on.core.calls, on.screen()]).toEqual([[`lookup ${groups.join("")} ${fingerprint}`], "offer"]);
  });

  test("is offered on the first screen of a browser only, and keeps no code that is not there", async () => {
    const handed: unknown[] = [];
    const on = await stage({ environment: browser, handOver: (link) => handed.push(link) });
    await on.click("#install-app");
    expect([on.screen(), handed]).toEqual(["install", []]);
    expect((await stage()).has("#install-app")).toBe(false);
    expect((await stage({ environment: { ...browser, framed: true } })).has("#install-app")).toBe(false);
  });

  test("a phone without Google's services is told what works", async () => {
    const on = await stage({ route: { screen: "install" }, environment: { ...browser, withoutGoogle: true } });
    expect(on.text()).toContain("Opening the app, the QR code and the typed code work.");
  });
});

describe("iPhone", () => {
  test("a browser makes no key: the app comes first, then the code goes over", async () => {
    const on = await stage({ route: { screen: "looking" }, environment: safari, drawing: "ios", prepare: code });
    expect(on.screen()).toBe("install");
    expect(on.text()).toContain("Scroll down and choose “Add to Home Screen”.");
    await on.click("#added");
    expect(on.text()).toContain("The app on your home screen is called Aldermere Client Portal.");
    expect(await copying(() => on.click("#copy-code"))).toEqual([groups.join("-")]);
    expect(on.text()).toContain("The code is copied.");
    expect(on.core.calls).toEqual([]);
  });

  test("a clipboard that refuses leaves the code to be written down", async () => {
    const on = await stage({ route: { screen: "installed" }, environment: safari, prepare: code });
    await copying(() => on.click("#copy-code"), true);
    expect(on.get("[role=status] .mono").textContent).toBe(groups.join("-"));
  });

  test("without a code there is nothing to copy", async () => {
    const on = await stage({ route: { screen: "code" }, environment: safari });
    expect(on.screen()).toBe("install");
    await on.click("#added");
    expect(on.has("#copy-code")).toBe(false);
  });

  test("the others install from 16.4 on, and send to Safari before", async () => {
    const on = await stage({ route: { screen: "install" }, environment: { ...safari, browser: "firefox" } });
    expect(on.text()).toContain("Touch the menu at the bottom right, then Share.");
    const old = await stage({ route: { screen: "install" }, environment: { ...safari, browser: "chrome", ios: 16.3 } });
    expect(old.text()).toContain("On this version of iOS only Safari can put an app on the home screen.");
    expect(old.text()).toContain("Open Safari, touch the address line and paste it there.");
  });
});

describe("another app's browser", () => {
  const link = `https://phone.aldermere.example/a#c=${groups.join("")}&f=${fingerprint}`;

  test("is left with the person's own address, and makes no key", async () => {
    const on = await stage({ route: { screen: "looking" }, environment: inLine, prepare: code });
    expect(on.screen()).toBe("install");
    expect(on.text()).toContain("LINE shows pages in a window of its own.");
    expect(await copying(() => on.click("#copy-address"))).toEqual([link]);
    expect(on.text()).toContain("It holds your code: send it to nobody.");
    expect(on.has("#stay")).toBe(false);
    expect(on.core.calls).toEqual([]);
  });

  test("that does not copy shows address and code to type", async () => {
    const on = await stage({ route: { screen: "install" }, environment: { ...inLine, platform: "ios", inApp: "" }, prepare: code });
    await copying(() => on.click("#copy-address"), true);
    expect(on.text()).toContain(`Type phone.aldermere.example in your browser, and this code there: ${groups.join("-")}`);
  });

  test("without a code copies the bare address", async () => {
    const on = await stage({ route: { screen: "install" }, environment: inLine });
    expect(await copying(() => on.click("#copy-address"))).toEqual(["https://phone.aldermere.example/"]);
  });
});

describe("the language", () => {
  test("is chosen over the screen, and what was typed stays", async () => {
    const on = await stage({ route: { screen: "code" } });
    await on.type("#code-group-1", groups[0] ?? "");
    await on.click("#language");
    await on.click("#language-de");
    await vi.waitFor(async () => {
      await on.settle();
      expect(on.text()).toContain("Sitzungs-ID");
    });
    expect((on.get("#code-group-1") as HTMLInputElement).value).toBe(groups[0]);
    expect([on.screen(), on.has("dialog")]).toEqual(["code", false]);
  });

  test("has its switch on every screen until somebody is active, and none after", async () => {
    const reached = async (on: Stage): Promise<boolean> => {
      await on.settle();
      return on.has("#language");
    };
    for (const screen of ["home", "code", "scan", "services", "about", "before", "install"] as const) {
      expect(await reached(await stage({ route: { screen } })), screen).toBe(true);
    }
    expect((await stage({ prepare: (core) => core.set({ users: [userOf()] }) })).has("#language")).toBe(false);
  });
});

describe("notifications", () => {
  function notifierAt(permission: Permission, answer: Permission = permission, wanted = true): Notifier & { calls: string[] } {
    const notifier = {
      permission, wanted, calls: [] as string[],
      ask: () => {
        notifier.calls.push("ask");
        notifier.permission = answer;
        return Promise.resolve(answer);
      },
      leave: () => void notifier.calls.push("leave"),
    };
    return notifier;
  }
  const active = { prepare: (core: { set(lists: { users: ReturnType<typeof userOf>[] }): void }) => core.set({ users: [userOf()] }) };

  test("are asked for once after an activation, from the tap", async () => {
    const notifier = notifierAt("default", "granted");
    const on = await stage({ route: { screen: "activated", keyId: "k1" }, notifier, ...active });
    await on.click("#done");
    expect(on.screen()).toBe("notifications");
    expect(notifier.calls).toEqual([]);
    await on.click("#allow");
    expect([notifier.calls, on.screen(), on.core.calls]).toEqual([["ask"], "home", ["subscribe"]]);
  });

  test("may wait", async () => {
    const notifier = notifierAt("default");
    const on = await stage({ route: { screen: "notifications" }, notifier, ...active });
    await on.click("#later");
    expect([notifier.calls, on.screen()]).toEqual([["leave"], "home"]);
  });

  test("that are not wanted are not asked for", async () => {
    const on = await stage({ route: { screen: "activated", keyId: "k1" }, notifier: notifierAt("default", "default", false), ...active });
    await on.click("#done");
    expect(on.screen()).toBe("home");
  });

  test("are asked about before face, finger or passcode on an iPhone, and an answer of either kind goes on to them", async () => {
    for (const [answer, tap] of [["granted", "#allow"], ["default", "#later"], ["denied", "#allow"]] as const) {
      const notifier = notifierAt("default", answer);
      const on = await stage({
        route: { screen: "offer" }, drawing: "ios", biometric: true, notifier,
        prepare: (core, draft) => {
          draft.offer = core.offer;
        },
      });
      await on.click("#continue");
      expect(on.screen()).toBe("notifications");
      await on.click(tap);
      if (answer === "denied") await on.click("#go-on");
      expect([on.screen(), on.core.calls]).toEqual(["biometric", answer === "granted" ? ["subscribe"] : []]);
    }
  });

  test.each([
    ["android", true, "Hold the app’s icon"],
    ["android", false, "Allow notifications for phone.aldermere.example."],
    ["ios", true, "Choose Aldermere Client Portal and switch on Allow Notifications."],
  ] as const)("that were refused on %s (installed: %s) can be allowed later", async (platform, installed, sentence) => {
    const on = await stage({ route: { screen: "notifications" }, notifier: notifierAt("default", "denied"), environment: { platform, installed }, ...active });
    await on.click("#allow");
    expect(on.text()).toContain("Notifications are not allowed");
    expect(on.text()).toContain(sentence);
    await on.click("#done");
    expect(on.screen()).toBe("home");
  });

  test.each([
    ["granted", "on", "Allowed"], ["granted", "off", "Allowed, only while the app is open"], ["granted", "impossible", "Allowed, only while the app is open"],
    ["default", "off", "Not allowed yet"], ["denied", "off", "Not allowed"], ["none", "impossible", "Not possible here"],
  ] as const)("stand in the settings: %s, %s", async (permission, push, word) => {
    const on = await stage({ route: { screen: "settings" }, notifier: notifierAt(permission), prepare: (core) => { core.push = push; } });
    expect(on.get("#notifications .row-second").textContent).toBe(word);
    await on.click("#notifications");
    expect(on.screen()).toBe("notifications");
  });

  const open = "While this app is open in the background";
  const closed = "even when it is closed";
  test.each([
    ["default", "off", [closed, "can come late"], [open]],
    ["default", "impossible", [open, "When the app is closed"], [closed, "push service"]],
    ["granted", "on", [closed, "can come late"], [open, "push service"]],
    ["granted", "off", [open, "was not reached yet", "When the app is closed"], [closed]],
    ["granted", "impossible", [open, "No push service serves this app", "When the app is closed"], [closed]],
  ] as const)("say what is true of the app when it is closed: %s, %s", async (permission, push, says, never) => {
    const on = await stage({ route: { screen: "notifications" }, notifier: notifierAt(permission), prepare: (core) => { core.push = push; } });
    for (const words of says) expect(on.text()).toContain(words);
    for (const words of never) expect(on.text()).not.toContain(words);
  });

  test("tell the truth at once when the push service was reached", async () => {
    const on = await stage({ route: { screen: "notifications" }, notifier: notifierAt("granted"), prepare: (core) => { core.push = "off"; } });
    on.core.reaches = "on";
    await on.change(() => void on.core.subscribe());
    expect(on.text()).toContain(closed);
    expect(on.text()).not.toContain(open);
  });
});
