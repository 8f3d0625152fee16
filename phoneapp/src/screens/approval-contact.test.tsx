// @vitest-environment happy-dom
import { describe, expect, test, vi } from "vitest";
import { loadTexts, type Language } from "../i18n";
import { approvalOf, userOf } from "../preview-core";
import { stage } from "./stage";

const languages: readonly Language[] = ["en", "de", "ja"];
const address = "mara.li…k@mail.of.a.small.bank.example.com";

describe.each(languages)("a change of address in %s", (language) => {
  test.each([
    ["contact_change", "approval.contact_change.title", "approval.new_address", "decided.approved.contact_change"],
    ["contact_remove", "approval.contact_remove.title", "approval.removed_address", "decided.approved.contact_remove"],
  ] as const)("%s shows the address before and after the yes", async (kind, title, name, approved) => {
    const texts = await loadTexts(language, "UTC");
    const on = await stage({
      route: { screen: "approval", id: "a1" }, language,
      prepare: (core) => core.set({ users: [userOf()], approvals: [approvalOf(core.now(), { kind, item: address, known: true })] }),
    });
    await vi.waitFor(async () => {
      await on.settle();
      expect(on.has("#confirm")).toBe(true);
    });
    expect(on.get("h1").textContent).toBe(texts.t(title));
    for (const words of [address, texts.t(name), texts.t(`approval.${kind}.caution`)]) expect(on.text()).toContain(words);
    await on.type("#number-1", "4");
    await on.type("#number-2", "7");
    await on.click("#confirm");
    await on.type("#pin", "q7#fx");
    await on.click("#confirm");
    expect(on.screen()).toBe("decided");
    for (const words of [address, texts.t(name), texts.t(approved)]) expect(on.text()).toContain(words);
  });
});

test.each([
  ["mara.li…k@mail.example", "mail"],
  ["+49 40 55 …21", "phone"],
])("a contact that changes has an icon of its kind: %s", async (item, icon) => {
  for (const kind of ["contact_change", "contact_remove"] as const) {
    const on = await stage({
      route: { screen: "approval", id: "a1" },
      prepare: (core) => core.set({ users: [userOf()], approvals: [approvalOf(core.now(), { kind, item, known: true })] }),
    });
    await on.settle();
    const uses = [...document.querySelectorAll(".statement use")].map((use) => use.getAttribute("href")?.split("#")[1]);
    expect(uses).toContain(icon);
    expect(uses).not.toContain("bell");
    expect(on.text()).toContain(item);
  }
});
