// What the ways to confirm have in common: making the key and showing what came of it.
import { useState } from "preact/hooks";
import { PhoneFault, type Core } from "../core/contract";
import { emptyDraft, useApp, useTask } from "../ui/app-context";
import type { Route } from "../ui/nav";
import { useAgain } from "./offline";

/** A PIN that exists is asked for; a new one is made where there is none. */
export function pinRoute(core: Core): Route {
  return { screen: core.pinHolder() === undefined ? "pin" : "existing-pin" };
}

interface How {
  readonly pin?: string;
  readonly biometric: boolean;
}

export interface Activate {
  readonly busy: boolean;
  /** The connection was lost. What was asked for is sent by itself when it is back; asking again is fine as well. */
  readonly offline: boolean;
  /** `refused` may take a fault upon itself by answering true. */
  readonly activate: (how: How, refused?: (fault: PhoneFault) => boolean) => void;
}

/** Activates the draft's offer with a PIN, a platform authenticator, or both. */
export function useActivate(): Activate {
  const { core, draft, device, preferences, nav, fail } = useApp();
  const [busy, run] = useTask();
  const [again, setAgain] = useState<(() => void) | undefined>();
  const activate: Activate["activate"] = (how, refused) => {
    const offer = draft.offer;
    if (offer === undefined) return;
    run(async () => {
      setAgain(undefined);
      try {
        const user = await core.activate(offer, { ...how, phoneName: preferences.phoneName ?? device.name });
        nav.reset({ screen: "activated", keyId: user.keyId });
        Object.assign(draft, emptyDraft());
      } catch (fault) {
        if (fault instanceof PhoneFault && fault.key === "offline") setAgain(() => () => activate(how, refused));
        else if (!(fault instanceof PhoneFault && refused?.(fault) === true)) fail(fault, "activation");
      }
    });
  };
  useAgain(again !== undefined, () => again?.());
  return { busy, offline: again !== undefined, activate };
}
