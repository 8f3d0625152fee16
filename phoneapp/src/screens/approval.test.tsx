// @vitest-environment happy-dom
import { describe, expect, test, vi } from "vitest";
import { PhoneFault } from "../core/contract";
import { approvalOf, pastOf, userOf, type PreviewCore } from "../preview-core";
import { stage, type Stage } from "./stage";

const open = (core: PreviewCore): void => core.set({ users: [userOf()], approvals: [approvalOf(core.now())] });

/** The screen keeps its buttons back for a moment. */
async function ready(on: Stage): Promise<void> {
  await vi.waitFor(async () => {
    await on.settle();
    expect(on.has("#confirm")).toBe(true);
  });
}

async function onApproval(change: Parameters<typeof approvalOf>[1] = {}, options: Parameters<typeof stage>[0] = {}): Promise<Stage> {
  const on = await stage({
    route: { screen: "approval", id: "a1" }, ...options,
    prepare: (core) => core.set({ users: [userOf()], approvals: [approvalOf(core.now(), change)] }),
  });
  await ready(on);
  return on;
}

async function toPin(on: Stage): Promise<void> {
  await on.type("#number-1", "4");
  await on.type("#number-2", "7");
  await on.click("#confirm");
  expect(on.screen()).toBe("confirm");
}

describe("approval", () => {
  test("shows who, where and with what from the statement, and confirms with number and PIN", async () => {
    const on = await onApproval();
    for (const word of ["Aldermere Client Portal", "Mara Lindqvist", "Hamburg, Germany", "203.0.113.24", "Firefox on Windows", "Not a browser we know."]) {
      expect(on.text()).toContain(word);
    }
    await toPin(on);
    await on.type("#pin", "q7#fx");
    await on.click("#confirm");
    expect(on.core.calls).toEqual(["approve a1 47 q7#fx"]);
    expect(on.screen()).toBe("decided");
    expect(on.get("h1").textContent).toBe("Approved");
    await on.click("#done");
    expect(on.screen()).toBe("home");
  });

  test("a known browser needs no caution", async () => {
    expect((await onApproval({ known: true })).text()).not.toContain("Not a browser we know.");
  });

  test("without the number nothing is sent", async () => {
    const on = await onApproval();
    await on.type("#number-1", "4");
    await on.click("#confirm");
    expect(on.screen()).toBe("approval");
    expect(on.text()).toContain("Type both digits that the page shows.");
    expect(document.activeElement?.id).toBe("number-2");
  });

  test("two digits pasted at once fill both fields", async () => {
    const on = await onApproval();
    await on.type("#number-1", "47");
    await on.click("#confirm");
    expect(on.draft.number).toBe("47");
  });

  test("a wrong PIN says how many tries are left and asks again", async () => {
    const on = await onApproval();
    await toPin(on);
    on.core.fault = new PhoneFault("pin.wrong", { Left: 3 });
    await on.type("#pin", "wrong1");
    await on.click("#confirm");
    expect(on.error()).toBe("pin.wrong");
    expect(on.text()).toContain("That was not your PIN. Nobody has been signed in. You have 3 tries left.");
    expect((on.get("#pin") as HTMLInputElement).value).toBe("");
    on.core.fault = new PhoneFault("pin.wrong", { left: 1 });
    await on.type("#pin", "wrong2");
    await on.click("#confirm");
    expect(on.text()).toContain("You have 1 try left.");
    await on.type("#pin", "q7#fx");
    await on.click("#confirm");
    expect(on.get("h1").textContent).toBe("Approved");
  });

  test("the last wrong PIN suspends, and the screen says what still works", async () => {
    const on = await onApproval();
    await toPin(on);
    on.core.fault = new PhoneFault("key.suspended");
    await on.type("#pin", "wrong5");
    await on.click("#confirm");
    expect(on.error()).toBe("key.suspended");
    expect(on.text()).toContain("Your account and other phones still work.");
    expect(on.text()).toContain("Call the service desk to unlock it.");
  });

  test("a wrong number is told as a refusal", async () => {
    const on = await onApproval();
    on.core.outcome = { state: "denied", cause: "wrong_number", at: on.clock.now };
    await toPin(on);
    await on.type("#pin", "q7#fx");
    await on.click("#confirm");
    expect(on.error()).toBe("approval.wrong_number");
    expect(on.text()).toContain("we refused the sign-in");
  });

  test.each([["#deny", "not_me", "Refused"], ["#mistake", "mistake", "Cancelled"]])("%s says no with the reason %s in one tap", async (button, reason, title) => {
    const on = await onApproval();
    await on.click(button);
    expect(on.core.calls).toEqual([`deny a1 ${reason}`]);
    expect(on.get("h1").textContent).toBe(title);
  });

  test("the sensor comes first on an iPhone, and the PIN stays a link", async () => {
    const on = await onApproval({ factors: { pin: true, biometric: true }, number: false }, { drawing: "ios", biometric: true });
    expect(on.get("#confirm").textContent).toBe("Confirm with Face ID, fingerprint or passcode");
    await on.click("#other-factor");
    expect(on.screen()).toBe("confirm");
    const again = await onApproval({ factors: { pin: true, biometric: true }, number: false }, { drawing: "ios", biometric: true });
    await again.click("#confirm");
    expect(again.core.calls).toEqual(["approve a1 - biometric"]);
  });

  test("a request that runs out while it is looked at says so", async () => {
    const on = await onApproval();
    await on.change(() => {
      on.clock.now += 200_000;
      on.core.set({ approvals: on.core.approvals() });
    });
    await vi.waitFor(async () => {
      await on.settle();
      expect(on.screen()).toBe("decided");
    });
    expect(on.error()).toBe("approval.expired");
    expect(on.text()).toContain("Nobody answered in time");
  });

  test("a request that goes away while it is looked at says so", async () => {
    const on = await onApproval();
    await on.change(() => on.core.set({ approvals: [] }));
    expect(on.error()).toBe("approval.gone");
  });

  test.each([
    ["approval.approved", "approval.elsewhere_approved"],
    ["approval.denied", "approval.elsewhere_denied"],
    ["approval.expired", "approval.expired"],
    ["approval.cancelled", "approval.cancelled"],
  ])("a decision that comes too late tells what became of it: %s", async (key, error) => {
    const on = await onApproval();
    on.core.fault = new PhoneFault(key);
    await on.click("#deny");
    expect(on.error()).toBe(error);
  });

  test("no connection keeps the request, and the way back leads to it", async () => {
    const on = await onApproval();
    on.core.fault = new PhoneFault("offline");
    await on.click("#deny");
    expect(on.error()).toBe("offline");
    await on.click("#next");
    expect(on.screen()).toBe("approval");
  });

  test("after a yes the session can still be ended", async () => {
    const on = await onApproval({ number: false });
    await on.click("#confirm");
    await on.type("#pin", "q7#fx");
    await on.click("#confirm");
    await on.click("#disown");
    expect(document.activeElement?.id).toBe("dialog-no");
    await on.click("#dialog-yes");
    expect(on.core.calls.at(-1)).toBe("disown a1");
    expect(on.get("h1").textContent).toBe("That session has ended");
  });

  test("a new phone is named, and text from an application is marked as such", async () => {
    const on = await onApproval({ kind: "key_add", newKey: { id: "k9", name: "Pixel 9" }, text: "Hello", number: false });
    expect(on.get("h1").textContent).toBe("Add this phone?");
    expect(on.text()).toContain("Pixel 9");
    expect(on.get(".supplied").textContent).toContain("Text from Aldermere Client Portal");
  });
});

describe("home", () => {
  test("a single new request opens by itself, once", async () => {
    const on = await stage({ prepare: (core) => core.set({ users: [userOf()] }) });
    expect(on.screen()).toBe("home");
    await on.change(() => open(on.core));
    expect(on.screen()).toBe("approval");
    await on.click("#back");
    expect(on.screen()).toBe("home");
    expect(on.get("h1").textContent).toBe("1 request is waiting");
    await on.click('[data-approval="a1"]');
    expect(on.screen()).toBe("approval");
  });

  test("a request that came while another was answered opens on the way home", async () => {
    const on = await onApproval();
    await on.change(() => on.core.set({ approvals: [...on.core.approvals(), approvalOf(on.clock.now, { id: "a2" })] }));
    await on.click("#deny");
    expect(on.screen()).toBe("decided");
    await on.click("#done");
    expect(on.nav.route).toEqual({ screen: "approval", id: "a2" });
  });

  test("checking without a connection stays at home, where the banner stands", async () => {
    const on = await stage({ prepare: (core) => core.set({ users: [userOf()] }) });
    on.core.fault = new PhoneFault("offline");
    await on.click("#refresh");
    expect(on.screen()).toBe("home");
  });

  test("several open requests are listed and none is opened", async () => {
    const on = await stage({
      prepare: (core) => core.set({ users: [userOf()], approvals: [approvalOf(core.now()), approvalOf(core.now(), { id: "a2", place: "Lisbon, Portugal" })] }),
    });
    expect(on.screen()).toBe("home");
    expect(on.get("h1").textContent).toBe("2 requests are waiting");
    expect(document.querySelectorAll("[data-approval]")).toHaveLength(2);
    await on.click('[data-approval="a2"]');
    expect(on.text()).toContain("Lisbon, Portugal");
  });

  test("offline says since when, keeps its lists, and coming back is told", async () => {
    const on = await stage({
      prepare: (core) => {
        core.set({ users: [userOf()], past: pastOf(core.now()) });
        core.connect(false, core.now() - 600_000);
      },
    });
    expect(on.text()).toContain("No connection since today, 14:22.");
    expect(on.text()).toContain("Recent requests");
    await on.change(() => on.core.connect(true));
    expect(on.text()).toContain("You are online again.");
  });

  test("a suspended user is explained", async () => {
    const on = await stage({ prepare: (core) => core.set({ users: [userOf({ state: "suspended" })] }) });
    expect(on.text()).toContain("Suspended on this phone: Mara Lindqvist.");
    expect(on.text()).toContain("Call the service desk");
  });

  test("checking finds nothing new and says so", async () => {
    const on = await stage({ prepare: (core) => core.set({ users: [userOf()] }) });
    await on.click("#refresh");
    expect(on.core.calls).toEqual(["refresh"]);
    expect(on.text()).toContain("No new requests.");
  });
});

describe("users", () => {
  test("More leads to Two-Factor Authentication, and Add User to its instructions and the code", async () => {
    const on = await stage({ prepare: (core) => core.set({ users: [userOf()] }) });
    await on.click("#more");
    await on.click("#two-factor");
    await on.click("#add-user");
    expect(on.screen()).toBe("add");
    await on.click("#register");
    expect(on.screen()).toBe("code");
  });

  test("Services leads from the first screen to Add User", async () => {
    const on = await stage();
    await on.click("#services");
    await on.click("#authenticate");
    await on.click("#add-user");
    expect(on.screen()).toBe("add");
  });

  test("removing asks first, and the harmless answer has the focus", async () => {
    const on = await stage({ route: { screen: "user", keyId: "k1" }, prepare: (core) => core.set({ users: [userOf()] }) });
    await on.click("#remove");
    expect(document.activeElement?.id).toBe("dialog-no");
    await on.click("#dialog-no");
    expect(on.core.calls).toEqual([]);
    await on.click("#remove");
    await on.click("#dialog-yes");
    expect(on.core.calls).toEqual(["removeUser k1"]);
    expect(on.screen()).toBe("first");
  });

  test("a PIN is changed with the old one, and a wrong old one says so", async () => {
    const on = await stage({ route: { screen: "change-pin", keyId: "k1" }, prepare: (core) => core.set({ users: [userOf()] }) });
    await on.type("#pin-old", "q7#fx");
    await on.type("#pin", "w8+gz");
    await on.type("#pin-repeat", "w8+gz");
    on.core.fault = new PhoneFault("pin.wrong", { left: 4 });
    await on.click("#save");
    expect(on.error()).toBe("pin.wrong");
    await on.type("#pin-old", "q7#fy");
    await on.click("#save");
    expect(on.core.calls.at(-1)).toBe("changePins k1 q7#fy w8+gz");
    expect(on.text()).toContain("Your PIN was changed.");
  });
});

test("every screen has one heading, and it takes the focus", async () => {
  for (const screen of ["home", "more", "services", "users", "add", "settings", "about", "code", "before", "undo"] as const) {
    const on = await stage({ route: { screen }, prepare: (core) => core.set({ users: [userOf()] }) });
    expect(document.querySelectorAll("h1"), screen).toHaveLength(1);
    expect(document.activeElement?.tagName, screen).toBe("H1");
    expect(on.screen()).toBe(screen);
  }
});
