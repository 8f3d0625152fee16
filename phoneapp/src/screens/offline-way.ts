// The way to a code without a connection: who can go it, how a subject is opened, and how the digits are made.
import { useState } from "preact/hooks";
import { PhoneFault, type Core, type OfflineSubject, type PhoneUser } from "../core/contract";
import { useApp, useTask } from "../ui/app-context";

/** Users whose digits the server may take: the active ones. This phone may not know yet that another was unlocked. */
export function answering(users: readonly PhoneUser[]): readonly PhoneUser[] {
  const active = users.filter(({ state }) => state === "active");
  return active.length > 0 ? active : users.filter(({ state }) => state !== "removed");
}

/** Whose key answers a subject. */
export function keyOf(subject: OfflineSubject): string {
  return "request" in subject ? subject.request.keyId : subject.keyId;
}

export function digitsOf(subject: OfflineSubject): string {
  return "request" in subject ? subject.request.digits : subject.digits;
}

/** Who answers, as the statement or this phone's list of users calls them. */
export function whoOf(core: Core, subject: OfflineSubject): string {
  if ("request" in subject) return subject.request.who;
  return core.users().find(({ keyId }) => keyId === subject.keyId)?.displayName ?? "";
}

/** Goes on to typing digits; where there are several users, by way of who they are for. */
export function useTypeDigits(): (replace: boolean) => void {
  const { core, draft, nav } = useApp();
  return (replace) => {
    const users = answering(core.users());
    const only = users.length === 1 ? users[0] : undefined;
    if (only !== undefined) draft.answer = { keyId: only.keyId };
    const route = { screen: only === undefined ? "offline-user" : "offline-digits" } as const;
    if (replace) nav.replace(route);
    else nav.go(route);
  };
}

/** Shows a subject before it is answered; a key that can make no code says so instead. */
export function useOpenSubject(): (subject: OfflineSubject, replace: boolean) => void {
  const { core, draft, nav, fail } = useApp();
  return (subject, replace) => {
    const { pin, biometric } = core.codes.factors(keyOf(subject));
    if (!pin && !biometric) {
      fail(new PhoneFault("offline_code.factor"), "other");
      return;
    }
    draft.answer = { subject };
    if (replace) nav.replace({ screen: "offline-ask" });
    else nav.go({ screen: "offline-ask" });
  };
}

interface Make {
  readonly busy: boolean;
  /** Key of a fault that stays on the screen: a cancelled fingerprint. */
  readonly refused: string;
  readonly make: (subject: OfflineSubject, proof: { readonly pin: string } | { readonly biometric: true }) => void;
}

/** Makes the digits and shows them, with nothing left of the way there to go back to. */
export function useMakeCode(): Make {
  const { core, draft, nav, fail } = useApp();
  const [busy, run] = useTask();
  const [refused, refuse] = useState("");
  return {
    busy,
    refused,
    make: (subject, proof) =>
      run(async () => {
        refuse("");
        try {
          const code = await core.codes.make(subject, proof);
          draft.answer = { subject, made: { code, by: "pin" in proof ? "pin" : "biometric" } };
          nav.reset({ screen: "offline-result" });
        } catch (fault) {
          if (fault instanceof PhoneFault && fault.key.startsWith("biometric.")) refuse(fault.key);
          else fail(fault, "other");
        }
      }),
  };
}
