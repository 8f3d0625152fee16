// Opens the phone of this browser.

import type { Core } from "./contract";
import { openCoreIn } from "./core";
import { posture } from "./posture";
import type { Surroundings } from "./surroundings";
import { platformAuthenticator } from "./webauthn";
import { pagePush, registerWorker } from "./worker";

/** Opens the phone in this browser, in these surroundings or others. Throws PhoneFault "storage" when nothing can be kept. */
export async function openCore(changes: Partial<Surroundings> = {}): Promise<Core> {
  const core = await openCoreIn({
    origin: location.origin,
    fetch: globalThis.fetch,
    wall: Date.now,
    authenticator: platformAuthenticator,
    posture,
    page: {
      locks: "locks" in navigator ? navigator.locks : undefined,
      channel: typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel("nodkey"),
      document,
      window,
    },
    push: pagePush(),
    database: "nodkey",
    ...changes,
  });
  registerWorker(() => core.approvals().length === 0);
  return core;
}
