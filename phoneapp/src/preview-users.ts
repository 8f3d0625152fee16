// Scenes of the preview about users and their PIN.
import type { PreviewCore } from "./preview-core";
import { approvalOf, offerOf, userOf } from "./preview-core";
import type { Draft, Ending } from "./ui/app-context";
import type { Route } from "./ui/nav";

const names = ["Mara Lindqvist", "Jonas Weber", "佐藤 葵", "Aldermere Steuerberatungsgesellschaft mbH", "دعاء منصور", "Ines Okafor", "Tomasz Wójcik", "Léa Fontaine"];

const payment = "Pay 250.00 EUR to Anna Weber, DE02 1203 0000 0000 2020 51";

/** Twenty users: some with a label, in several scripts, one suspended, one not finished. */
function twenty(): ReturnType<typeof userOf>[] {
  return Array.from({ length: 20 }, (_, i) => userOf({
    keyId: `k${i + 1}`, userId: `u${i + 1}`, name: `user${i + 1}`, displayName: names[i % names.length] ?? "",
    ...(i === 1 ? { label: "👩‍👩‍👧 Familienkonto" } : i === 2 ? { label: "עבודה" } : {}),
    ...(i === 3 ? { state: "suspended" as const } : i === 5 ? { state: "confirm" as const, digits: "318402" } : {}),
  }));
}

/** Prepares one of these scenes; undefined when the screen is none of them. */
export function prepareUsers(screen: string, detail: string, core: PreviewCore, draft: Draft, now: number): Route | undefined {
  const jonas = { id: "u99", name: "jweber", displayName: "Jonas Weber" };
  if (detail === "20") core.set({ users: twenty() });
  switch (screen) {
    case "existing-pin":
    case "forgot-pin":
    case "add-biometric":
      draft.offer = offerOf(now, { user: jonas });
      return { screen: screen === "add-biometric" ? "biometric" : screen };
    case "already":
      if (detail === "suspended" || detail === "approve") core.set({ users: [userOf({ state: detail })] });
      draft.offer = offerOf(now, { alreadyHere: true });
      return { screen: "already" };
    case "pins-left":
      core.set({ users: twenty() });
      draft.pinsLeft = { keyIds: ["k3", "k4"], changed: 18 };
      return { screen: "pins-left" };
    case "rename":
      core.set({ users: twenty() });
      return { screen: "rename", keyId: "k2" };
    case "labelled":
      core.set({ users: twenty() });
      return { screen: "user", keyId: "k2" };
    case "change-all":
      core.set({ users: twenty() });
      return { screen: "change-pin", keyId: "k1" };
    case "test":
    case "test-pin":
      core.set({ approvals: [approvalOf(now, { kind: "test", number: false, factors: { pin: true, biometric: true } })] });
      return { screen: screen === "test" ? "approval" : "confirm", id: "a1" };
    case "confirm-text":
    case "confirm-plain":
      core.set({ approvals: [approvalOf(now, { kind: "confirm", app: "Aldermere Till", text: payment, number: screen === "confirm-text", factors: { pin: true, biometric: true } })] });
      return { screen: "approval", id: "a1" };
    case "confirmed":
      draft.decided = { approval: approvalOf(now, { kind: "confirm", app: "Aldermere Till", text: payment }), ending: detail as Ending, at: now };
      return { screen: "decided" };
    case "tested":
      draft.decided = { approval: approvalOf(now, { kind: "test" }), ending: detail as Ending, at: now };
      return { screen: "decided" };
    default:
      return undefined;
  }
}
