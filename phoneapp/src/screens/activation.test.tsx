// @vitest-environment happy-dom
// @vitest-environment-options { "url": "https://phone.aldermere.example/" }
import { describe, expect, test, vi } from "vitest";
import { formatCode } from "../core/codes";
import { PhoneFault } from "../core/contract";
import { offerOf, userOf } from "../preview-core";
import { stage, type Stage } from "./stage";

const groups = formatCode("7K29QX4VHR3TW5Z");

async function typeCode(on: Stage): Promise<void> {
  for (const [i, group] of groups.entries()) await on.type(`#code-group-${i + 1}`, group.toLowerCase());
}

describe("activation", () => {
  test("goes from the first screen to an active phone with a typed code and a PIN", async () => {
    const on = await stage();
    expect(on.screen()).toBe("first");
    await on.click("#register");
    await typeCode(on);
    await on.click("#continue");
    expect(on.screen()).toBe("offer");
    expect(on.text()).toContain("Mara Lindqvist");
    expect(on.text()).toContain("operated by Aldermere");
    expect(on.text()).toContain("phone.aldermere.example");
    await on.click("#continue");
    await on.type("#pin", "q7#fx");
    await on.type("#pin-repeat", "q7#fx");
    await on.click("#activate");
    expect(on.core.calls).toEqual([`lookup ${groups.join("")}`, "activate q7#fx - Pixel 8"]);
    expect(on.screen()).toBe("activated");
    await on.click("#done");
    expect(on.screen()).toBe("home");
  });

  test("leaves no code and no offer behind when it is done", async () => {
    const on = await stage({ route: { screen: "pin" }, prepare: (core, draft) => { draft.offer = offerOf(core.now()); draft.groups = groups; } });
    await on.type("#pin", "q7#fx");
    await on.type("#pin-repeat", "q7#fx");
    await on.click("#activate");
    expect(on.draft.offer).toBeUndefined();
    expect(on.draft.groups.join("")).toBe("");
    expect(on.nav.depth).toBe(0);
  });

  test("names the mistyped group and the groups that are right, and sends nothing", async () => {
    const on = await stage({ route: { screen: "code" } });
    await typeCode(on);
    await on.type("#code-group-3", "4VHY");
    expect(on.error()).toBe("code.group");
    expect(on.text()).toContain("Group 3 has a typing mistake. Compare it with the portal. Groups 1, 2, 4 and 5 are right.");
    expect(on.get("#code-group-3").getAttribute("aria-invalid")).toBe("true");
    await on.click("#continue");
    expect(document.activeElement?.id).toBe("code-group-3");
    expect(on.core.calls).toEqual([]);
  });

  test("says which group is not complete when Continue comes too early", async () => {
    const on = await stage({ route: { screen: "code" } });
    await on.type("#code-group-1", groups[0] ?? "");
    await on.click("#continue");
    expect(on.text()).toContain("Group 2 is not complete.");
    expect(document.activeElement?.id).toBe("code-group-2");
  });

  test("a code pasted whole fills all five groups", async () => {
    const on = await stage({ route: { screen: "code" } });
    await on.type("#code-group-1", groups.join("-"));
    expect(groups.map((_, i) => (on.get(`#code-group-${i + 1}`) as HTMLInputElement).value)).toEqual(groups);
  });

  test("Paste reads the activation link and keeps the server's fingerprint", async () => {
    const fingerprint = "AAAAAAAAAAAAAAAAAAAAAA";
    vi.stubGlobal("navigator", { clipboard: { readText: () => Promise.resolve(`https://phone.aldermere.example/a#c=${groups.join("")}&f=${fingerprint}`) } });
    const on = await stage({ route: { screen: "code" } });
    await on.click("#paste");
    vi.unstubAllGlobals();
    await on.click("#continue");
    expect(on.core.calls).toEqual([`lookup ${groups.join("")} ${fingerprint}`]);
  });

  test("guidelines are ticked while the PIN is typed, and a broken one is named", async () => {
    const on = await stage({ route: { screen: "pin" }, prepare: (core, draft) => { draft.offer = offerOf(core.now()); } });
    const met = (): number => document.querySelectorAll(".rule-met").length;
    expect(met()).toBe(0);
    await on.type("#pin", "1234");
    expect(on.text()).not.toContain("Mix them");
    await on.click("#activate");
    expect(on.text()).toContain("The characters follow one another, as in 1234. Mix them.");
    expect(document.activeElement?.id).toBe("pin");
    await on.type("#pin", "q7#fx");
    expect(met()).toBe(4);
    await on.type("#pin-repeat", "q7#fy");
    await on.click("#activate");
    expect(on.text()).toContain("The two entries differ.");
    await on.type("#pin-repeat", "q7#fx");
    expect(met()).toBe(5);
    expect(on.core.calls).toEqual([]);
  });

  test("Show shows both entries", async () => {
    const on = await stage({ route: { screen: "pin" }, prepare: (core, draft) => { draft.offer = offerOf(core.now()); } });
    await on.type("#pin", "q7#fx");
    await on.click(".field-show");
    expect(on.get("#pin").getAttribute("type")).toBe("text");
    expect(on.get("#pin-repeat").getAttribute("type")).toBe("text");
    expect((on.get("#pin") as HTMLInputElement).value).toBe("q7#fx");
  });

  test.each([
    ["activation.used", "Another phone has already used this code", true],
    ["activation.expired", "This code has expired", false],
    ["activation.wrong", "The portal does not know this code", false],
    ["offer.fingerprint", "This is not the server that the code names", true],
    ["offline", "No connection", false],
    ["storage", "This phone did not keep the key", false],
    ["clock", "clock is wrong", false],
    ["from.the.future", "That did not work", false],
  ])("%s has a result screen with what happened, what is safe and what to do", async (key, title, stranger) => {
    const on = await stage({ route: { screen: "code" } });
    await typeCode(on);
    on.core.fault = new PhoneFault(key, { minutes: 7, direction: "fast" });
    await on.click("#continue");
    expect(on.error()).toBe(key);
    expect(on.get("h1").textContent).toContain(title);
    for (const part of ["What happened", "What is safe", "What to do now"]) expect(on.text()).toContain(part);
    expect(on.text()).not.toContain("{{");
    expect(on.has("#not-me")).toBe(stranger);
  });

  test("what was typed is kept when there is no connection", async () => {
    const on = await stage({ route: { screen: "code" } });
    await typeCode(on);
    on.core.fault = new PhoneFault("offline");
    await on.click("#continue");
    await on.click("#next");
    expect(on.screen()).toBe("code");
    await on.click("#continue");
    expect(on.screen()).toBe("offer");
  });

  test("a clock that is fast is told by how much", async () => {
    const on = await stage({ route: { screen: "code" } });
    await typeCode(on);
    on.core.fault = new PhoneFault("clock", { minutes: 7, direction: "fast" });
    await on.click("#continue");
    expect(on.text()).toContain("It is 7 minutes fast.");
  });

  test("an iPhone asks for its own lock first, and a PIN stays possible", async () => {
    const prepare: NonNullable<Parameters<typeof stage>[0]>["prepare"] = (core, draft) => { draft.offer = offerOf(core.now()); };
    const on = await stage({ route: { screen: "offer" }, drawing: "ios", biometric: true, prepare });
    await on.click("#continue");
    expect(on.screen()).toBe("biometric");
    await on.click("#activate");
    expect(on.core.calls).toEqual(["activate - biometric Pixel 8"]);
    const other = await stage({ route: { screen: "biometric" }, drawing: "ios", biometric: true, prepare });
    await other.click("#use-pin");
    expect(other.screen()).toBe("pin");
  });

  test("a fingerprint that cannot make codes leads to a PIN as well, and says why", async () => {
    for (const holder of [false, true]) {
      const on = await stage({
        route: { screen: "biometric" }, biometric: true,
        prepare: (core, draft) => { draft.offer = offerOf(core.now()); if (holder) core.set({ users: [userOf({ keyId: "other" })] }); },
      });
      on.core.fault = new PhoneFault("biometric.pin_too");
      await on.click("#activate");
      expect(on.screen()).toBe(holder ? "existing-pin" : "pin");
      expect(on.text()).toContain("For codes without a connection, this phone needs a PIN as well.");
      expect(on.has("#use-biometric")).toBe(false);
      await on.type("#pin", "q7#fx");
      if (!holder) await on.type("#pin-repeat", "q7#fx");
      await on.click("#activate");
      expect(on.core.calls.at(-1)).toBe("activate q7#fx biometric Pixel 8");
      expect(on.screen()).toBe("activated");
    }
  });

  test("a PIN that is chosen instead needs no reason", async () => {
    const on = await stage({
      route: { screen: "biometric" }, biometric: true, prepare: (core, draft) => { draft.offer = offerOf(core.now()); draft.pinForCodes = true; },
    });
    await on.click("#use-pin");
    expect(on.screen()).toBe("pin");
    expect(on.text()).not.toContain("without a connection");
  });

  test("a refused fingerprint stays on its screen and can be tried again", async () => {
    const on = await stage({ route: { screen: "biometric" }, biometric: true, prepare: (core, draft) => { draft.offer = offerOf(core.now()); } });
    on.core.fault = new PhoneFault("biometric.cancelled");
    await on.click("#activate");
    expect(on.screen()).toBe("biometric");
    expect(on.error()).toBe("biometric.cancelled");
    await on.click("#activate");
    expect(on.screen()).toBe("activated");
  });

  test("digits to type stand on the phone until the portal has them, then the screen moves on by itself", async () => {
    const on = await stage({
      route: { screen: "activated", keyId: "k1" },
      prepare: (core) => core.set({ users: [userOf({ state: "confirm", digits: "318402" })] }),
    });
    expect(on.get(".digits").textContent).toBe("318402");
    await on.change(() => on.core.set({ users: [userOf()] }));
    expect(on.get("h1").textContent).toBe("This phone is active");
  });

  test("an offer whose answer got lost is activated without a new PIN", async () => {
    const on = await stage({ route: { screen: "offer" }, prepare: (core, draft) => { draft.offer = { ...offerOf(core.now()), resumes: true }; } });
    await on.click("#continue");
    expect(on.core.calls).toEqual(["activate - - Pixel 8"]);
    expect(on.screen()).toBe("activated");
  });

  test("an offer that ran out while it was read is told, not sent", async () => {
    const on = await stage({ route: { screen: "offer" }, prepare: (core, draft) => { draft.offer = offerOf(core.now()); } });
    on.clock.now += 700_000;
    await on.click("#continue");
    expect(on.error()).toBe("activation.expired");
  });

  test("not me on the offer forgets the code", async () => {
    const on = await stage({ route: { screen: "offer" }, prepare: (core, draft) => { draft.offer = offerOf(core.now()); draft.groups = groups; } });
    await on.click("#not-me");
    expect(on.screen()).toBe("first");
    expect(on.draft.groups.join("")).toBe("");
  });

  test("a screen whose subject is gone, as after a reload, leads home", async () => {
    for (const screen of ["offer", "pin", "biometric", "fault", "decided", "looking"] as const) {
      expect((await stage({ route: { screen } })).screen()).toBe("first");
    }
  });
});
