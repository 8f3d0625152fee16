// A request that opens nothing and shows that this phone answers.
import type { Core, Offer, PhoneUser } from "../core/contract";
import { useApp, useTask } from "../ui/app-context";

/** The offered user's own activation on this phone, where there is one: the server would refuse a second. */
export function userHere(core: Core, offer: Offer): PhoneUser | undefined {
  if (offer.resumes) return undefined;
  return core.users().find((user) => user.userId === offer.user.id && user.state !== "removed");
}

/** Asks for a test request and opens it. */
export function useTestRequest(): readonly [boolean, (keyId: string) => void] {
  const { core, draft, nav, fail } = useApp();
  const [busy, run] = useTask();
  const ask = (keyId: string): void =>
    run(async () => {
      const offered = nav.route.screen === "already" ? draft.offer : undefined;
      try {
        const { id } = await core.test(keyId);
        draft.number = "";
        nav.go({ screen: "approval", id });
      } catch (fault) {
        // The key may have been removed at the portal meanwhile; then the offered user is new here, and the page moves on by itself.
        if (offered !== undefined && userHere(core, offered) === undefined) return;
        fail(fault, "approval");
      }
    });
  return [busy, ask];
}
