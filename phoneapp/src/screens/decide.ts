// Deciding an approval, and noticing that it ended without us.
import { useEffect, useRef, useState } from "preact/hooks";
import { PhoneFault, type Approval } from "../core/contract";
import { endingOf, useApp, useCore, useNow, useTask, type Ending } from "../ui/app-context";

/** The server's word on a decision that came too late. */
const lateEndings: Readonly<Record<string, Ending>> = {
  "approval.approved": "elsewhere_approved",
  "approval.denied": "elsewhere_denied",
  "approval.expired": "expired",
  "approval.cancelled": "cancelled",
};

/** Shows what became of an approval, in place of everything that led there. */
export function useEnd(): (approval: Approval, ending: Ending, at?: number) => void {
  const { draft, nav, now } = useApp();
  return (approval, ending, at = now()) => {
    draft.decided = { approval, ending, at };
    nav.reset({ screen: "decided" });
  };
}

/**
 * The open approval with this id; when it runs out or goes away while it is looked at, the screen says so.
 * Undefined after a reload, too: then the app goes home.
 */
export function useOpenApproval(id: string): Approval | undefined {
  const { core, nav, draft } = useApp();
  const end = useEnd();
  const open = useCore(["approvals"], (phone) => phone.approvals().find((approval) => approval.id === id));
  const last = useRef(open);
  const now = useNow(open !== undefined);
  if (open !== undefined) last.current = open;
  const shown = last.current;
  const over = shown !== undefined && shown.expiresAt <= now;
  useEffect(() => {
    if (draft.decided?.approval.id === id) return;
    if (shown === undefined) {
      const since = core.approvals().some((approval) => approval.id === id); // this was drawn: it is drawn next
      if (!since) nav.reset({ screen: "home" });
    } else if (over) end(shown, "expired", shown.expiresAt);
    else if (open === undefined) end(shown, "gone");
  });
  return shown;
}

type Factor = { readonly number?: string; readonly pin: string } | { readonly number?: string; readonly biometric: true };

interface Decide {
  readonly busy: boolean;
  /** Key of a fault that stays on this screen: a cancelled fingerprint, a wrong PIN (with the sentence's args). */
  readonly refused: string;
  readonly refusedArgs: PhoneFault["args"];
  readonly approve: (approval: Approval, how: Factor) => void;
  readonly deny: (approval: Approval, reason: "not_me" | "mistake") => void;
}

/** Faults after which the person may simply try again where they are. */
const staying = new Set(["pin.wrong", "biometric.cancelled", "biometric.failed"]);

export function useDecide(): Decide {
  const { core, fail, draft } = useApp();
  const end = useEnd();
  const [busy, run] = useTask();
  const [refused, setRefused] = useState<{ key: string; args: PhoneFault["args"] }>({ key: "", args: {} });

  const decide = (approval: Approval, reason: "not_me" | "mistake", send: () => ReturnType<typeof core.deny>): void =>
    run(async () => {
      setRefused({ key: "", args: {} });
      // Whatever the stream says meanwhile, the answer to this decision is what counts.
      const before = draft.decided;
      draft.decided = { approval, ending: reason, at: 0 };
      try {
        const outcome = await send();
        end(approval, endingOf(outcome, reason), outcome.at);
      } catch (fault) {
        draft.decided = before;
        const late = fault instanceof PhoneFault ? lateEndings[fault.key] : undefined;
        if (late !== undefined) end(approval, late);
        else if (fault instanceof PhoneFault && staying.has(fault.key)) setRefused({ key: fault.key, args: fault.args });
        else fail(fault, "approval");
      }
    });

  return {
    busy,
    refused: refused.key,
    refusedArgs: refused.args,
    approve: (approval, how) => decide(approval, "not_me", () => core.approve(approval, how)),
    deny: (approval, reason) => decide(approval, reason, () => core.deny(approval, reason)),
  };
}
