// Scenes of the preview about codes without a connection.
import { requestOf, userOf, type PreviewCore } from "./preview-core";
import type { Draft } from "./ui/app-context";
import type { PlainScreen, Route } from "./ui/nav";

/** Prepares one of these scenes; undefined when the screen is none of them. */
export function prepareOffline(screen: string, detail: string, core: PreviewCore, draft: Draft, now: number): Route | undefined {
  if (!screen.startsWith("offline-")) return undefined;
  const typed = detail === "typed";
  if (screen === "offline-user") core.set({ users: [userOf(), userOf({ keyId: "k2", name: "jweber", displayName: "Jonas Weber" }), userOf({ keyId: "k3", label: "Familie" })] });
  if (detail === "biometric") core.codeFactors = { pin: true, biometric: true };
  const request = requestOf(now, detail === "late" ? { late: true, expiresAt: now - 600_000 } : detail === "over" ? { expiresAt: now } : { known: detail !== "unknown" });
  const subject = typed ? { keyId: "k1", digits: "318402" } : { request };
  if (screen === "offline-digits") draft.answer = { keyId: "k1" };
  else draft.answer = screen === "offline-result" ? { subject, made: { code: "48271960", by: "pin" } } : { subject };
  return { screen: screen as PlainScreen };
}
