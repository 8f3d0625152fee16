// @vitest-environment happy-dom
import { describe, expect, test, vi } from "vitest";
import { loadTexts, type Language } from "../i18n";
import { approvalOf, userOf } from "../preview-core";
import type { Approval } from "../core/contract";
import { stage, type Stage } from "./stage";

const languages: readonly Language[] = ["en", "de", "ja"];
const payment = "Pay 250.00 EUR to Anna Weber, DE02 1203 0000 0000 2020 51";

async function asked(language: Language, change: Partial<Approval>): Promise<Stage> {
  const on = await stage({
    route: { screen: "approval", id: "a1" }, language,
    prepare: (core) => core.set({ users: [userOf()], approvals: [approvalOf(core.now(), { kind: "confirm", app: "Aldermere Till", text: payment, ...change })] }),
  });
  await vi.waitFor(async () => {
    await on.settle();
    expect(on.has("#confirm")).toBe(true);
  });
  return on;
}

describe.each(languages)("a text of an application's in %s", (language) => {
  test("is shown whole under the application's name, and again after the yes", async () => {
    const texts = await loadTexts(language, "UTC");
    const on = await asked(language, { number: true });
    expect(on.get("h1").textContent).toBe(texts.t("approval.confirm.title"));
    expect(on.get("#supplied").textContent).toBe(texts.t("approval.text", { App: "Aldermere Till" }) + payment);
    expect(on.text()).toContain(texts.t("approval.confirm.caution.rest"));
    expect(on.text()).not.toContain(texts.t("approval.no_number"));
    expect(on.get("legend").textContent).toBe(texts.t("number.given.label"));
    await on.click("#confirm");
    expect(on.text()).toContain(texts.t("number.given.missing"));
    await on.type("#number-1", "4");
    await on.type("#number-2", "7");
    await on.click("#confirm");
    await on.type("#pin", "q7#fx");
    await on.click("#confirm");
    expect(on.screen()).toBe("decided");
    expect(on.get("h1").textContent).toBe(texts.t("decided.confirm.title"));
    for (const words of [payment, texts.t("decided.approved.confirm")]) expect(on.text()).toContain(words);
    expect(on.has("#disown")).toBe(false);
  });

  test.each(["confirm", "sign_in"] as const)("%s without a number says so and asks for none", async (kind) => {
    const texts = await loadTexts(language, "UTC");
    const on = await asked(language, { kind, number: false });
    for (const words of [texts.t("approval.no_number"), texts.t("approval.no_number.rest")]) expect(on.text()).toContain(words);
    expect(on.has("#number-1")).toBe(false);
    await on.click("#confirm");
    expect(on.screen()).toBe("confirm");
  });

  test("a no says that nothing was agreed to", async () => {
    const texts = await loadTexts(language, "UTC");
    const on = await asked(language, {});
    await on.click("#deny");
    expect(on.screen()).toBe("decided");
    expect(on.text()).toContain(texts.t("decided.confirm.no"));
  });
});
