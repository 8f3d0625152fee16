// @vitest-environment happy-dom
import { describe, expect, test } from "vitest";
import { PhoneFault } from "../core/contract";
import type { Language } from "../i18n";
import { offerOf, userOf } from "../preview-core";
import { stage, type Stage } from "./stage";

const jonas = { id: "u2", name: "jweber", displayName: "Jonas Weber" };

/** Mara is active here with a PIN, and Jonas's code was read. */
async function adding(options: Parameters<typeof stage>[0] = {}): Promise<Stage> {
  return stage({
    route: { screen: "offer" }, ...options,
    prepare: (core, draft) => {
      core.set({ users: [userOf({ pin: true })] });
      core.activated = { keyId: "k2" };
      draft.offer = offerOf(core.now(), { user: jonas });
      options.prepare?.(core, draft);
    },
  });
}

describe("the existing PIN", () => {
  test("is asked for once, proved, and serves the new user", async () => {
    const on = await adding();
    await on.click("#continue");
    expect(on.screen()).toBe("existing-pin");
    expect(document.querySelectorAll("input")).toHaveLength(1);
    expect(on.get("label").textContent).toBe("Your PIN");
    expect(on.get("#activate").textContent).toBe("ACTIVATE");
    await on.type("#pin", "q7#fx");
    await on.click("#activate");
    expect(on.core.calls).toEqual(["provePin k1 q7#fx", "activate q7#fx - Pixel 8"]);
    expect(on.nav.route).toEqual({ screen: "activated", keyId: "k2" });
  });

  test("is created where there is none to ask for", async () => {
    const on = await adding({ prepare: (core) => core.set({ users: [userOf({ pin: false, biometric: true })] }) });
    await on.click("#continue");
    expect(on.screen()).toBe("pin");
    expect((await stage({ route: { screen: "existing-pin" }, prepare: (core, draft) => { draft.offer = offerOf(core.now()); } })).screen()).toBe("pin");
  });

  test("a wrong one says how many tries are left, and activates nothing", async () => {
    const on = await adding({ route: { screen: "existing-pin" } });
    on.core.fault = new PhoneFault("pin.wrong", { left: 2 });
    await on.type("#pin", "wrong1");
    await on.click("#activate");
    expect(on.error()).toBe("pin.wrong");
    expect(on.text()).toContain("You have 2 tries left.");
    expect(document.activeElement?.id).toBe("pin");
    expect((on.get("#pin") as HTMLInputElement).value).toBe("");
    expect(on.core.calls).toEqual(["provePin k1 wrong1"]);
  });

  test("nothing and what no PIN can be costs no try", async () => {
    const on = await adding({ route: { screen: "existing-pin" } });
    await on.click("#activate");
    expect(on.text()).toContain("Type your PIN.");
    await on.type("#pin", "123");
    await on.click("#activate");
    expect(on.text()).toContain("A PIN has 4 to 6 characters.");
    expect(on.core.calls).toEqual([]);
  });

  test("the last wrong one suspends, and that has its screen", async () => {
    const on = await adding({ route: { screen: "existing-pin" } });
    on.core.fault = new PhoneFault("key.suspended");
    await on.type("#pin", "wrong5");
    await on.click("#activate");
    expect(on.error()).toBe("key.suspended");
  });

  test("one that holds the new user's name is right but does not do: it is changed first, for all, and the code stays", async () => {
    const on = await adding({ route: { screen: "existing-pin" } });
    await on.type("#pin", "jonas7");
    await on.click("#activate");
    expect(on.core.calls).toEqual(["provePin k1 jonas7"]);
    expect(on.error()).toBe("pin.guideline");
    expect(on.text()).toContain("Your PIN is part of the name of Jonas Weber");
    await on.click("#change");
    expect(on.screen()).toBe("change-pin");
    await on.type("#pin-old", "jonas7");
    await on.type("#pin", "weber4");
    await on.type("#pin-repeat", "weber4");
    await on.click("#save");
    expect(on.text()).toContain("This is part of your name");
    await on.type("#pin", "w8+gz");
    await on.type("#pin-repeat", "w8+gz");
    await on.click("#save");
    expect(on.core.calls.at(-1)).toBe("changePins k1 jonas7 w8+gz");
    expect(on.screen()).toBe("existing-pin");
    await on.type("#pin", "w8+gz");
    await on.click("#activate");
    expect(on.core.calls.at(-1)).toBe("activate w8+gz - Pixel 8");
  });

  test("a connection lost after the check costs no second check, and what was asked for is sent when it is back", async () => {
    const on = await adding({ route: { screen: "existing-pin" } });
    await on.type("#pin", "q7#fx");
    const activate = on.core.activate.bind(on.core);
    on.core.activate = (_, how) => {
      on.core.calls.push(`lost ${how.pin ?? "-"}`);
      return Promise.reject(new PhoneFault("offline"));
    };
    await on.click("#activate");
    expect(on.screen()).toBe("existing-pin");
    expect(on.error()).toBe("offline");
    expect(on.text()).toContain("What you typed is kept.");
    expect((on.get("#pin") as HTMLInputElement).value).toBe("q7#fx");
    await on.click("#activate");
    on.core.activate = activate;
    await on.change(() => on.core.connect(true));
    expect(on.core.calls).toEqual(["provePin k1 q7#fx", "lost q7#fx", "lost q7#fx", "activate q7#fx - Pixel 8"]);
    expect(on.screen()).toBe("activated");
  });

  test("a connection lost during the check keeps PIN and code, and goes on by itself", async () => {
    const on = await adding({ route: { screen: "existing-pin" } });
    on.core.fault = new PhoneFault("offline");
    await on.type("#pin", "q7#fx");
    await on.click("#activate");
    expect(on.error()).toBe("offline");
    await on.change(() => window.dispatchEvent(new Event("online")));
    expect(on.core.calls).toEqual(["provePin k1 q7#fx", "provePin k1 q7#fx", "activate q7#fx - Pixel 8"]);
  });

  test("who forgot it finds the ways out in one tap, and the code stays", async () => {
    const on = await adding({ route: { screen: "existing-pin" }, biometric: true });
    await on.click("#forgot");
    expect(on.screen()).toBe("forgot-pin");
    expect(on.text()).toContain("Nobody can tell you a PIN");
    await on.click("#done");
    expect(on.screen()).toBe("existing-pin");
    await on.click("#forgot");
    await on.click("#use-biometric");
    await on.click("#activate");
    expect(on.core.calls).toEqual(["activate - biometric Pixel 8"]);
  });

  test("an iPhone asks for its own lock first, and the PIN is the other way or both", async () => {
    const on = await adding({ drawing: "ios", biometric: true });
    await on.click("#continue");
    expect(on.screen()).toBe("biometric");
    expect(on.get("#use-pin").textContent).toBe("Use your PIN instead");
    await on.click("#pin-too");
    await on.click("#activate");
    expect(on.screen()).toBe("existing-pin");
    await on.type("#pin", "q7#fx");
    await on.click("#activate");
    expect(on.core.calls).toEqual(["provePin k1 q7#fx", "activate q7#fx biometric Pixel 8"]);
  });
});

describe("a new PIN", () => {
  test("is kept while the connection is lost, and sent when it is back", async () => {
    const on = await stage({ route: { screen: "pin" }, prepare: (core, draft) => { draft.offer = offerOf(core.now()); } });
    on.core.fault = new PhoneFault("offline");
    await on.type("#pin", "q7#fx");
    await on.type("#pin-repeat", "q7#fx");
    await on.click("#activate");
    expect(on.screen()).toBe("pin");
    expect(on.error()).toBe("offline");
    await on.change(() => window.dispatchEvent(new Event("online")));
    expect(on.core.calls).toEqual(["activate q7#fx - Pixel 8", "activate q7#fx - Pixel 8"]);
    expect(on.screen()).toBe("activated");
  });
});

describe("changing the PIN", () => {
  const three = [userOf(), userOf({ keyId: "k2", userId: "u2", name: "jweber", displayName: "Jonas Weber" }), userOf({ keyId: "k3", userId: "u3", name: "aoi", displayName: "佐藤 葵" })];

  async function changing(left: readonly string[]): Promise<Stage> {
    const on = await stage({
      route: { screen: "user", keyId: "k2" },
      prepare: (core) => {
        core.set({ users: [...three, userOf({ keyId: "k4", pin: false }), userOf({ keyId: "k5", state: "removed" })] });
        core.left = left;
      },
    });
    expect(on.get("#change-pin").textContent).toContain("For all 3 users on this phone");
    await on.click("#change-pin");
    expect(on.text()).toContain("For all 3 users on this phone");
    await on.type("#pin-old", "q7#fx");
    await on.type("#pin", "w8+gz");
    await on.type("#pin-repeat", "w8+gz");
    await on.click("#save");
    return on;
  }

  test("reaches every key with a PIN, the looked-at one first", async () => {
    const on = await changing([]);
    expect(on.core.calls).toEqual(["changePins k2,k1,k3 q7#fx w8+gz"]);
    expect(on.screen()).toBe("user");
    expect(on.text()).toContain("Your PIN was changed.");
  });

  test("no name on this phone may stand in it", async () => {
    const on = await stage({ route: { screen: "change-pin", keyId: "k2" }, prepare: (core) => core.set({ users: three }) });
    await on.type("#pin-old", "q7#fx");
    await on.type("#pin", "mara12");
    await on.type("#pin-repeat", "mara12");
    await on.click("#save");
    expect(on.text()).toContain("This is part of your name");
    expect(on.core.calls).toEqual([]);
  });

  test("names whose was left, and changes theirs next", async () => {
    const on = await changing(["k1", "k3"]);
    expect(on.screen()).toBe("pins-left");
    expect(on.get("h1").textContent).toBe("2 users still have another PIN");
    expect(on.text()).toContain("1 user has the new PIN.");
    for (const name of ["Mara Lindqvist", "佐藤 葵"]) expect(on.get(".rows-sheet").textContent).toContain(name);
    on.core.left = [];
    await on.click(".rows-sheet > :last-child");
    await on.type("#pin-old", "a9!bc");
    await on.type("#pin", "w8+gz");
    await on.type("#pin-repeat", "w8+gz");
    await on.click("#save");
    expect(on.core.calls.at(-1)).toBe("changePins k3,k1 a9!bc w8+gz");
    expect(on.screen()).toBe("user");
  });

  test("what was left can wait", async () => {
    const on = await changing(["k1"]);
    await on.click("#done");
    expect(on.screen()).toBe("user");
  });
});

describe.each(["de", "ja"] as const)("in %s", (language: Language) => {
  test.each(["existing-pin", "forgot-pin", "biometric"] as const)("%s has its sentences", async (screen) => {
    const on = await adding({ route: { screen }, language, biometric: true });
    expect(on.screen()).toBe(screen);
    expect(on.text()).not.toMatch(/\{\{|undefined|\b(the|your|users)\b/);
  });

  test("what was left has its sentences", async () => {
    const on = await stage({ route: { screen: "pins-left" }, language, prepare: (core, draft) => { core.set({ users: [userOf()] }); draft.pinsLeft = { keyIds: ["k1"], changed: 2 }; } });
    expect(on.screen()).toBe("pins-left");
    expect(on.text()).not.toMatch(/\{\{|undefined|\b(the|users)\b/);
  });
});
