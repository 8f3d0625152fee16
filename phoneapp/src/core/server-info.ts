// Whose app this is, and what that server can do: what was kept answers at once, what it says now is kept for the next start.

import type { Api } from "./api";
import type { Clock } from "./clock";
import type { ServerInfo } from "./contract";
import type { Store } from "./store";

export class KnownServer {
  private asked: Promise<ServerInfo> | undefined;

  constructor(
    private readonly api: Api,
    private readonly store: Store,
    private readonly clock: Clock,
  ) {}

  /** What was kept, otherwise what the server says. */
  async first(): Promise<ServerInfo> {
    const kept = await this.store.setting("server");
    const now = this.now();
    return kept ?? now;
  }

  /** What the server says; asked once a start, and again until it answers. */
  now(): Promise<ServerInfo> {
    this.asked ??= this.ask();
    const { asked } = this;
    asked.catch(() => {
      if (this.asked === asked) this.asked = undefined;
    });
    return asked;
  }

  private async ask(): Promise<ServerInfo> {
    const info = await this.api.server();
    await this.store.set("server", info);
    await this.store.set("skew", this.clock.skew);
    return info;
  }
}
