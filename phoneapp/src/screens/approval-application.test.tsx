// @vitest-environment happy-dom
import { expect, test, vi } from "vitest";
import { approvalOf, userOf } from "../preview-core";
import { stage, type Stage } from "./stage";

async function asked(language: "en" | "de" | "ja", change: Parameters<typeof approvalOf>[1]): Promise<Stage> {
  const on = await stage({
    route: { screen: "approval", id: "a1" }, language,
    prepare: (core) => core.set({ users: [userOf()], approvals: [approvalOf(core.now(), change)] }),
  });
  await vi.waitFor(async () => {
    await on.settle();
    expect(on.has("#confirm")).toBe(true);
  });
  return on;
}

// A VPN client or a terminal has no page, and shows the number all the same.
test.each([
  ["en", "Number shown for Aldermere VPN", "Number on the page"],
  ["de", "Angezeigte Zahl für Aldermere VPN", "Zahl auf der Seite"],
  ["ja", "Aldermere VPN用に表示された番号", "画面の番号"],
] as const)("the number is named by what it is for, in %s", async (language, label, page) => {
  const on = await asked(language, { app: "Aldermere VPN" });
  expect(on.text()).toContain(label);
  expect(on.text()).not.toContain(page);
  await on.click("#confirm");
  expect(on.get("#number-error").textContent).toContain("Aldermere VPN");
  await on.type("#number-1", "4");
  await on.type("#number-2", "6");
  on.core.outcome = { state: "denied", cause: "wrong_number", at: on.clock.now };
  await on.click("#confirm");
  await on.type("#pin", "q7#fx");
  await on.click("#confirm");
  expect(on.error()).toBe("approval.wrong_number");
  expect(on.text()).toContain("Aldermere VPN");
  expect(on.text()).not.toContain(page);

  const portal = await asked(language, {});
  expect(portal.text()).toContain(page);
});
