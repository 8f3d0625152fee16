// For tests of the message centre: a phone with one user, in a page whose sight and other tabs a test controls.

import { expect, vi } from "vitest";
import type { Core } from "./contract";
import { activated, goodPin, surroundings } from "./fake-phone";
import { FakeServer, type ActiveKey } from "./fake-server";
import type { Page } from "./stream";

export class BoxPhone {
  /** What was told to other tabs. */
  readonly posted: unknown[] = [];
  private visibility: "visible" | "hidden" = "visible";
  private shown: () => void = () => undefined;
  private readonly tabs: ((event: { data: unknown }) => void)[] = [];

  readonly page: Page;
  server!: FakeServer;
  core!: Core;
  key!: ActiveKey;
  database!: string;

  private constructor() {
    const visibility = (): "visible" | "hidden" => this.visibility;
    this.page = {
      locks: undefined,
      window: undefined,
      channel: {
        postMessage: (data) => void this.posted.push(data),
        addEventListener: (_: string, listener: unknown) => void this.tabs.push(listener as (event: { data: unknown }) => void),
      },
      document: {
        get visibilityState() {
          return visibility();
        },
        addEventListener: (_: string, listener: unknown) => {
          this.shown = listener as () => void;
        },
        removeEventListener: () => {
          this.shown = () => undefined;
        },
      },
    };
  }

  static async start(): Promise<BoxPhone> {
    const phone = new BoxPhone();
    phone.server = await FakeServer.start();
    const here = surroundings(phone.server, { page: phone.page });
    phone.database = here.database;
    Object.assign(phone, await activated(phone.server, here));
    return phone;
  }

  readonly open = (): Promise<void> => this.core.inbox.open(this.key.keyId, { pin: goodPin });
  readonly list = (): Promise<void> => this.core.inbox.list({ language: "en" });
  readonly read = (reference: string): Promise<void> => this.core.inbox.read(reference, "en");
  /** How often a path was asked. */
  readonly asked = (path: string): number => this.server.asked.filter((one) => one === path).length;
  /** What is listed. */
  readonly references = (): string[] | undefined => this.core.inbox.opened?.messages.map((one) => one.reference);

  /** Another tab tells something. */
  other(data: unknown): void {
    for (const listener of this.tabs) listener({ data });
  }

  async turn(to: "visible" | "hidden"): Promise<void> {
    this.visibility = to;
    this.shown();
    await Promise.resolve();
  }
}

/** Waits until the core has come to rest. */
export async function until(fact: () => boolean): Promise<void> {
  await vi.waitFor(() => expect(fact()).toBe(true));
}
