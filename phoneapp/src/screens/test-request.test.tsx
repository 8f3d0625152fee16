// @vitest-environment happy-dom
import { describe, expect, test, vi } from "vitest";
import { PhoneFault } from "../core/contract";
import type { Language } from "../i18n";
import { offerOf, pastOf, userOf } from "../preview-core";
import { stage, type Stage } from "./stage";

/** Approval screens keep their buttons back for a moment. */
async function ready(on: Stage): Promise<void> {
  await vi.waitFor(async () => {
    await on.settle();
    expect(on.has("#confirm")).toBe(true);
  });
}

/** A code for a user who is on this phone was read. */
async function already(options: Parameters<typeof stage>[0] = {}, state: "active" | "confirm" | "approve" | "suspended" = "active"): Promise<Stage> {
  return stage({
    route: { screen: "offer" }, ...options,
    prepare: (core, draft) => {
      core.set({ users: [userOf({ state, ...(state === "confirm" ? { digits: "318402" } : {}) })] });
      draft.offer = offerOf(core.now(), { alreadyHere: true });
    },
  });
}

describe("a user who is on this phone already", () => {
  test("is told so, and a test request proves it", async () => {
    const on = await already();
    expect(on.screen()).toBe("already");
    expect(on.get("h1").textContent).toBe("Mara Lindqvist is already active on this phone");
    expect(on.has("#activate")).toBe(false);
    await on.click("#test");
    expect(on.core.calls).toEqual(["test k1"]);
    await ready(on);
    expect(on.screen()).toBe("approval");
    expect(on.get(".bar").textContent).toContain("Test request");
    expect(on.get("h1").textContent).toBe("Answer this test?");
    expect(on.text()).toContain("This is a test, not a sign-in. Saying yes opens nothing.");
    await on.click("#confirm");
    expect(on.text()).toContain("A test for Mara Lindqvist at Aldermere Client Portal. It opens nothing.");
    await on.type("#pin", "q7#fx");
    await on.click("#confirm");
    expect(on.get("h1").textContent).toBe("The test worked");
    expect(on.text()).toContain("This phone answers for Mara Lindqvist. Nothing was opened.");
    expect(on.has("#disown")).toBe(false);
    await on.click("#done");
    expect(on.screen()).toBe("home");
    expect(on.get(".past").textContent).toContain("Test request");
    expect(on.draft.offer).toBeUndefined();
  });

  test("whose activation waits for its last step goes on with it", async () => {
    const on = await already({}, "confirm");
    expect(on.text()).toContain("its last step is still open");
    await on.click("#next");
    expect(on.screen()).toBe("activated");
    expect(on.get(".digits").textContent).toBe("318402");
  });

  test("who is suspended is sent to the service desk, not to a test that can only fail", async () => {
    const on = await already({}, "suspended");
    expect(on.error()).toBe("key.suspended");
    expect(on.text()).toContain("Call the service desk");
    expect(on.has("#test")).toBe(false);
    await on.click("#user");
    expect(on.screen()).toBe("user");
  });

  test("whose key turns out to be removed is new here, and the code is still good", async () => {
    const on = await already();
    on.core.test = () => {
      on.core.set({ users: [userOf({ state: "removed" })] });
      return Promise.reject(new PhoneFault("key.removed"));
    };
    await on.click("#test");
    expect(on.screen()).toBe("offer");
    await on.click("#continue");
    expect(on.screen()).toBe("pin");
  });

  test("no connection is told, and the way back leads to the test", async () => {
    const on = await already();
    on.core.fault = new PhoneFault("offline");
    await on.click("#test");
    expect(on.error()).toBe("offline");
    await on.click("#next");
    expect(on.screen()).toBe("already");
  });

  test("is sent a test as well when it is the server that says so", async () => {
    const on = await stage({
      route: { screen: "offer" },
      prepare: (core, draft) => {
        core.set({ users: [userOf()] });
        core.fault = new PhoneFault("activation.already", { Phone: "Pixel 8" });
        draft.offer = offerOf(core.now(), { alreadyHere: true, resumes: true });
      },
    });
    await on.click("#continue");
    expect(on.error()).toBe("activation.already");
    expect(on.get("#next").textContent).toBe("Send a test request");
    await on.click("#next");
    expect(on.core.calls.at(-1)).toBe("test k1");
    expect(on.screen()).toBe("approval");
  });

  test("an activation whose answer got lost goes on although its key may be here", async () => {
    const on = await stage({
      route: { screen: "offer" },
      prepare: (core, draft) => {
        core.set({ users: [userOf()] });
        draft.offer = offerOf(core.now(), { alreadyHere: true, resumes: true });
      },
    });
    expect(on.screen()).toBe("offer");
  });
});

describe("a test request", () => {
  async function asked(options: Parameters<typeof stage>[0] = {}): Promise<Stage> {
    const on = await stage({ route: { screen: "user", keyId: "k1" }, ...options, prepare: (core) => core.set({ users: [userOf({ biometric: true })] }) });
    await on.click("#test");
    await ready(on);
    return on;
  }

  test("is sent from the user's page", async () => {
    expect((await asked()).get("h1").textContent).toBe("Answer this test?");
  });

  test.each([["#deny", "not_me"], ["#mistake", "mistake"]])("%s refuses it in words of a test", async (button, reason) => {
    const on = await asked();
    expect(on.get("#deny").textContent).toBe("No, I did not ask for a test");
    await on.click(button);
    expect(on.core.calls.at(-1)).toBe(`deny test-k1 ${reason}`);
    expect(on.get("h1").textContent).toBe("Test refused");
    expect(on.text()).not.toMatch(/sign-in|got in/);
  });

  test("that ran out or went away speaks of a test", async () => {
    const on = await asked();
    await on.change(() => on.core.set({ approvals: [] }));
    expect(on.error()).toBe("approval.gone");
    expect(on.get("h1").textContent).toBe("This test has ended");
    const late = await asked();
    late.core.fault = new PhoneFault("approval.expired");
    await late.click("#deny");
    expect(late.text()).toContain("Nobody answered within 3 minutes, so this test has ended.");
  });

  test("with the wrong number of the page counts for nothing", async () => {
    const on = await asked();
    on.core.outcome = { state: "denied", cause: "wrong_number", at: on.clock.now };
    await on.click("#confirm");
    await on.type("#pin", "q7#fx");
    await on.click("#confirm");
    expect(on.text()).toContain("so the test did not count");
  });

  test("a user who cannot answer has no row for it", async () => {
    for (const state of ["suspended", "removed", "approve"] as const) {
      const on = await stage({ route: { screen: "user", keyId: "k1" }, prepare: (core) => core.set({ users: [userOf({ state })] }) });
      expect(on.has("#test"), state).toBe(false);
    }
  });

  test("a sign-in keeps its own name in the list of what was decided", async () => {
    const on = await stage({ prepare: (core) => core.set({ users: [userOf()], past: pastOf(core.now()) }) });
    expect(on.get(".past").textContent).not.toContain("Test request");
  });
});

describe.each(["de", "ja"] as const)("in %s", (language: Language) => {
  test.each(["active", "confirm", "suspended"] as const)("already %s has its sentences", async (state) => {
    const on = await already({ language }, state);
    expect(on.screen()).toBe("already");
    expect(on.text()).not.toMatch(/\{\{|undefined|\b(the|phone|already)\b/);
  });

  test("a test is told from a sign-in on every screen", async () => {
    const on = await already({ language });
    await on.click("#test");
    await ready(on);
    const word = { de: "Test", ja: "テスト" }[language as "de" | "ja"];
    expect(on.get("h1").textContent).toContain(word);
    await on.click("#confirm");
    expect(on.get(".lead").textContent).toContain(word);
    await on.type("#pin", "q7#fx");
    await on.click("#confirm");
    expect(on.get("h1").textContent).toContain(word);
    expect(on.text()).not.toMatch(/\{\{|undefined/);
  });
});
