// What the two ways to confirm have in common: making the key and showing what came of it.
import { PhoneFault } from "../core/contract";
import { emptyDraft, useApp, useTask } from "../ui/app-context";

/** Activates the draft's offer with a PIN, a platform authenticator, or both. */
export function useActivate(): readonly [boolean, (how: { pin?: string; biometric: boolean }, refused?: (fault: PhoneFault) => boolean) => void] {
  const { core, draft, device, nav, fail } = useApp();
  const [busy, run] = useTask();
  const activate = (how: { pin?: string; biometric: boolean }, refused?: (fault: PhoneFault) => boolean): void => {
    const offer = draft.offer;
    if (offer === undefined) return;
    run(async () => {
      try {
        const user = await core.activate(offer, { ...how, phoneName: device.name });
        nav.reset({ screen: "activated", keyId: user.keyId });
        Object.assign(draft, emptyDraft());
      } catch (fault) {
        if (fault instanceof PhoneFault && refused?.(fault) === true) return;
        fail(fault, "activation");
      }
    });
  };
  return [busy, activate];
}
