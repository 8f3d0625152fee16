// Tells the core what of the requests is really seen: on a page that is in sight.
import { useEffect } from "preact/hooks";
import type { Approval } from "../core/contract";
import { useApp } from "../ui/app-context";

/** These requests are on the screen, or open on one of their own. */
export function useSighted(approvals: readonly Approval[], what: "shown" | "opened"): void {
  const { core } = useApp();
  useEffect(() => {
    const look = (): void => {
      if (document.visibilityState === "visible") for (const approval of approvals) core.seen(approval, what);
    };
    look();
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, [core, what, approvals.map(({ id }) => id).join()]); // a list that is read anew each time has the same requests
}
