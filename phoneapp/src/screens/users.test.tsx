// @vitest-environment happy-dom
import { describe, expect, test } from "vitest";
import { PhoneFault, type PhoneUser } from "../core/contract";
import type { Language } from "../i18n";
import { userOf, type PreviewCore } from "../preview-core";
import { stage, type Stage } from "./stage";

/** "Person 1" (p1) to "Person n". */
function people(n: number): PhoneUser[] {
  return Array.from({ length: n }, (_, i) => userOf({ keyId: `k${i + 1}`, userId: `u${i + 1}`, name: `p${i + 1}`, displayName: `Person ${i + 1}` }));
}

const many = (n: number) => (core: PreviewCore) => core.set({ users: people(n) });

const titles = (): (string | null)[] => Array.from(document.querySelectorAll(".row:not(#offline-code, #messages) .row-title"), (title) => title.textContent);

async function press(on: Stage, selector: string): Promise<void> {
  on.get(selector).focus();
  await on.click(selector);
}

describe("arranging", () => {
  test("moves a user up and down by buttons, keeps the focus on the pressed one, and says where the user stands", async () => {
    const on = await stage({ route: { screen: "users" }, prepare: many(20) });
    await on.click("#arrange");
    expect(on.screen()).toBe("arrange");
    await press(on, "#up-k3");
    expect(titles().slice(0, 3)).toEqual(["Person 1", "Person 3", "Person 2"]);
    expect(document.activeElement?.id).toBe("up-k3");
    expect(on.text()).toContain("Person 3 is now 2 of 20.");
    await press(on, "#up-k3");
    expect(on.text()).toContain("Person 3 is now 1 of 20.");
    expect(on.core.users().slice(0, 4).map(({ keyId }) => keyId)).toEqual(["k3", "k1", "k2", "k4"]);
    await press(on, "#down-k20");
    expect(on.text()).toContain("Person 20 is the last already.");
    expect(document.activeElement?.id).toBe("down-k20");
    await on.click("#done");
    expect(on.screen()).toBe("users");
    expect(titles()[0]).toBe("Person 3");
  });

  test("each button names its user, and the ends of the list are told and not taken away", async () => {
    const on = await stage({ route: { screen: "arrange" }, prepare: many(2) });
    const labels = Array.from(document.querySelectorAll(".arrange button"), (button) => button.getAttribute("aria-label"));
    expect(labels).toEqual(["Move Person 1 up", "Move Person 1 down", "Move Person 2 up", "Move Person 2 down"]);
    expect(on.get("#up-k1").getAttribute("aria-disabled")).toBe("true");
    await press(on, "#up-k1");
    expect(on.core.calls).toEqual([]);
    expect(on.text()).toContain("Person 1 is the first already.");
  });

  test("an order that cannot be stored is told, and the list shows what holds", async () => {
    const on = await stage({ route: { screen: "arrange" }, prepare: many(3) });
    on.core.fault = new PhoneFault("storage");
    await press(on, "#down-k1");
    expect(on.error()).toBe("storage");
    await on.click("#next");
    expect(titles()).toEqual(["Person 1", "Person 2", "Person 3"]);
  });

  test("with one user there is nothing to arrange", async () => {
    expect((await stage({ route: { screen: "users" }, prepare: many(1) })).has("#arrange")).toBe(false);
  });
});

describe("home", () => {
  test("with 20 users shows the first few and a way to all, requests before them", async () => {
    const on = await stage({ prepare: many(20) });
    expect(titles()).toEqual(["Person 1", "Person 2", "Person 3", "All users (20)"]);
    await on.click("#all-users");
    expect(on.screen()).toBe("users");
    expect(titles()).toHaveLength(20);
  });

  test("with four users shows them all", async () => {
    const on = await stage({ prepare: many(4) });
    expect(titles()).toHaveLength(4);
    expect(on.has("#all-users")).toBe(false);
  });

  test.each(["android", "ios"] as const)("as on %s both menus lead to adding a user", async (drawing) => {
    for (const way of [["#services", "#authenticate"], ["#more", "#two-factor"]] as const) {
      const on = await stage({ drawing, prepare: many(1) });
      expect(on.get("header.bar #services").textContent).toBe("Services");
      expect(on.has("header.bar #more")).toBe(drawing === "android");
      expect(on.has(".action-bar #more")).toBe(drawing === "ios");
      for (const step of way) await on.click(step);
      await on.click("#add-user");
      expect(on.get("#register").textContent).toBe(drawing === "android" ? "SESSION ID" : "Set up using QR code");
      await on.click("#register");
      expect(on.screen()).toBe("code");
    }
  });
});

describe("a user's page", () => {
  const names: [string, string][] = [["עבודה", "\u2068עבודה\u2069"], ["👩‍👩‍👧 Familie", "👩‍👩‍👧 Familie"], ["経理用", "経理用"]];

  test.each(names)("a label is the person's own: %s", async (label, shown) => {
    const on = await stage({ route: { screen: "user", keyId: "k1" }, prepare: many(2) });
    await on.click("#rename");
    await on.type("#label", label);
    await on.click("#save");
    expect(on.core.calls).toEqual([`rename k1 ${label}`]);
    expect(on.get("h1").textContent).toBe(shown);
    for (const word of ["Person 1", "p1"]) expect(on.get(".receipt").textContent).toContain(word);
    expect(on.text()).toContain("The name was kept on this phone.");
    await on.click("#back");
    expect(on.get(".row").textContent).toContain("Person 1 · p1");
    expect(on.get(".initial").textContent).toBe(label.startsWith("👩") ? "👩‍👩‍👧" : label.charAt(0));
  });

  test("a label never stands on a request", async () => {
    const on = await stage({ prepare: (core) => core.set({ users: [userOf({ label: "Chef" })] }) });
    await on.change(() => void on.core.test("k1"));
    expect(on.screen()).toBe("approval");
    expect(on.text()).toContain("Mara Lindqvist");
    expect(on.text()).not.toContain("Chef");
  });

  test("an empty label brings the portal's own name back", async () => {
    const on = await stage({ route: { screen: "rename", keyId: "k1" }, prepare: (core) => core.set({ users: [userOf({ label: "Work" })] }) });
    expect((on.get("#label") as HTMLInputElement).value).toBe("Work");
    await on.type("#label", " ");
    await on.click("#save");
    expect(on.text()).toContain("The portal’s own name is shown again.");
    expect(on.core.users()[0]?.label).toBeUndefined();
  });

  test("a label that cannot be kept is told at its field", async () => {
    const on = await stage({ route: { screen: "rename", keyId: "k1" }, prepare: many(1) });
    on.core.fault = new PhoneFault("label.wrong");
    await on.type("#label", "x".repeat(41));
    await on.click("#save");
    expect(on.error()).toBe("label.wrong");
    expect(document.activeElement?.id).toBe("label");
    expect(on.get("#label").getAttribute("aria-invalid")).toBe("true");
  });

  test("removing says that the portal is told, and whose key it is", async () => {
    const on = await stage({ route: { screen: "user", keyId: "k2" }, prepare: many(3) });
    await on.click("#remove");
    expect(on.get("dialog").textContent).toContain("The key of p2 is deleted, and the portal is told.");
    await on.click("#dialog-yes");
    expect(on.core.calls).toEqual(["removeUser k2"]);
    expect(titles()).toEqual(["Person 1", "Person 3"]);
  });
});

describe("settings", () => {
  test("give this phone another name at the portal, and later activations use it", async () => {
    const on = await stage({ route: { screen: "settings" }, prepare: many(2) });
    await on.click("#phone-name");
    expect(on.text()).toContain("every user on this phone");
    expect((on.get("#phone-name") as HTMLInputElement).value).toBe("Pixel 8");
    await on.type("#phone-name", " Küche ");
    await on.click("#save");
    expect(on.core.calls).toEqual(["renamePhone Küche"]);
    expect(on.screen()).toBe("settings");
    expect(on.get("#phone-name").textContent).toContain("Küche");
  });

  test("a name of nothing is told and not sent", async () => {
    const on = await stage({ route: { screen: "phone-name" }, prepare: many(1) });
    await on.type("#phone-name", "  ");
    await on.click("#save");
    expect(on.error()).toBe("phone.name");
    expect(on.core.calls).toEqual([]);
  });

  test("without an active user there is no name to give", async () => {
    const on = await stage({ route: { screen: "settings" } });
    expect(on.has("#phone-name")).toBe(false);
    expect((await stage({ route: { screen: "phone-name" } })).screen()).toBe("first");
  });

  test.each([
    ["android", false, "Fingerprint or face", "Not set up on this phone", "Screen lock"],
    ["android", true, "Fingerprint or face", "Available", "Screen lock"],
    ["ios", false, "Face ID, fingerprint or passcode", "Not set up on this phone", "Face ID & Passcode"],
  ] as const)("as on %s the sensor's row tells its state (%s) and leads to the steps", async (drawing, biometric, title, state, step) => {
    const on = await stage({ route: { screen: "settings" }, drawing, biometric });
    expect(on.get("#sensor").textContent).toContain(title);
    expect(on.get("#sensor").textContent).toContain(state);
    await on.click("#sensor");
    expect(on.screen()).toBe("sensor");
    expect(on.get(".numbered").textContent).toContain(step);
    expect(on.text()).toContain("Use a screen lock.");
  });

  test("a sensor that was set up meanwhile is found when the app is looked at again", async () => {
    const on = await stage({ route: { screen: "sensor" }, biometric: false });
    expect(on.text()).toContain("Not set up on this phone");
    await on.change(() => document.dispatchEvent(new Event("visibilitychange")));
    expect(on.text()).toContain("Available");
  });
});

describe.each(["de", "ja"] as const)("in %s", (language: Language) => {
  test.each(["users", "arrange", "settings", "sensor", "phone-name", "rename", "user", "change-pin"] as const)("%s has its sentences", async (screen) => {
    const route = screen === "rename" || screen === "user" || screen === "change-pin" ? { screen, keyId: "k2" } : { screen };
    const on = await stage({ route, language, prepare: many(20) });
    expect(on.screen()).toBe(screen);
    expect(document.documentElement.lang).toBe(language);
    expect(on.get("h1").textContent).not.toBe("");
    expect(on.text()).not.toMatch(/\{\{|undefined|\b(the|this phone|portal’s)\b/);
  });
});
