// What the core uses of the world around it. A test, or the demo's troubles, bring their own.

import type { Posture } from "./posture";
import type { PushPage } from "./push";
import type { Page } from "./stream";
import type { Authenticator } from "./webauthn";

export interface Surroundings {
  /** "https://phone.example" */
  readonly origin: string;
  readonly fetch: typeof fetch;
  /** This phone's clock, milliseconds since the epoch. */
  readonly wall: () => number;
  readonly authenticator: Authenticator;
  readonly posture: () => Promise<Posture>;
  readonly page: Page;
  /** undefined where the browser has no Web Push. */
  readonly push: PushPage | undefined;
  readonly database: string;
}
