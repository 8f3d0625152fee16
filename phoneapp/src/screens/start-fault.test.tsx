// @vitest-environment happy-dom
import { render } from "preact";
import { act } from "preact/test-utils";
import { expect, test, vi } from "vitest";
import { PhoneFault } from "../core/contract";
import type { Environment } from "../install/environment";
import { loadTexts } from "../i18n";
import { plainEnvironment } from "../preview-core";
import { StartFault } from "./start-fault";

const full = new PhoneFault("storage", {}, { cause: new DOMException("no room", "QuotaExceededError") });

test.each([
  ["android", true, new PhoneFault("storage"), "Leave the private window"],
  ["ios", true, new PhoneFault("storage"), "Leave Private Browsing"],
  ["ios", false, new PhoneFault("storage"), "Lockdown Mode is on."],
  ["ios", true, full, "Remove what you no longer need"],
] as const)("storage refused on %s (decoder: %s) says what happened, what is safe and what to do", async (platform, decodes, fault, next) => {
  const texts = await loadTexts("en");
  const environment: Environment = { ...plainEnvironment, platform, decodes };
  const onRetry = vi.fn();
  const onLanguage = vi.fn();
  await act(() => render(<StartFault texts={texts} environment={environment} fault={fault} onLanguage={onLanguage} onRetry={onRetry} />, document.body));
  expect(document.body.textContent).toContain("Nothing was saved or lost.");
  expect(document.body.textContent).toContain(next);
  const click = (selector: string): void | Promise<void> => act(() => document.querySelector<HTMLElement>(selector)?.click());
  await click("#retry");
  expect(onRetry).toHaveBeenCalledOnce();
  await click("#language");
  await click("#language-ja");
  expect(onLanguage).toHaveBeenCalledWith("ja");
});
