// A phone for tests, in surroundings that a test controls: clock, connection, authenticator, database.

import "fake-indexeddb/auto";
import { b64u, random, type Bytes } from "./bytes";
import { formatCode } from "./codes";
import { openCoreIn } from "./core";
import { PhoneFault, type Core, type PhoneUser } from "./contract";
import { sha256 } from "./derive";
import { type ActiveKey, type FakeServer, origin } from "./fake-server";
import type { Surroundings } from "./surroundings";
import type { Authenticator } from "./webauthn";

/** A code that holds, in the writing of a person. */
export const code = "7k2s 9qxn-d3vk 5tbv-w8n4";
export const goodPin = "7294";

/** An authenticator that says yes at once and remembers what it was asked. */
export class FakeAuthenticator implements Authenticator {
  present = true;
  cancels = false;
  /** Whether it has the PRF extension. */
  evaluates = true;
  readonly prf: Bytes = random(32);
  readonly challenges: Bytes[] = [];
  /** What the PRF was asked for. */
  readonly salts: Bytes[] = [];

  async available(): Promise<boolean> {
    return Promise.resolve(this.present);
  }

  async create(wish: Parameters<Authenticator["create"]>[0]): ReturnType<Authenticator["create"]> {
    if (this.cancels) throw new PhoneFault("biometric.cancelled");
    this.salts.push(wish.prfSalt);
    const registration = { id: b64u(await sha256("credential")), attestationObject: "AA", clientDataJSON: "AA" };
    return this.evaluates ? { registration, prf: this.prf.slice() } : { registration };
  }

  async assert(_rpId: string, id: string, challenge: Bytes): ReturnType<Authenticator["assert"]> {
    if (this.cancels) throw new PhoneFault("biometric.cancelled");
    this.challenges.push(challenge);
    return Promise.resolve({ id, authenticatorData: "AA", clientDataJSON: "AA", signature: "AA" });
  }

  async evaluate(_rpId: string, _id: string, salt: Bytes): Promise<Bytes> {
    if (this.cancels) throw new PhoneFault("biometric.cancelled");
    this.salts.push(salt);
    return Promise.resolve(this.prf.slice());
  }
}

let databases = 0;

/** Surroundings of one phone; the database is its own unless named. */
export function surroundings(server: FakeServer, change: Partial<Surroundings> = {}): Surroundings {
  return {
    origin,
    fetch: server.fetch,
    wall: () => server.now,
    authenticator: new FakeAuthenticator(),
    posture: async () => Promise.resolve({ platform: "android", osVersion: "15", model: "Pixel 8", app: "nodkey-web/test" }),
    page: { locks: undefined, channel: undefined, document: undefined, window: undefined },
    push: undefined,
    database: `phone-${++databases}`,
    ...change,
  };
}

/** A phone with one user who confirms by PIN, and the server's view of the key. */
export async function activated(
  server: FakeServer,
  change: Partial<Surroundings> = {},
  how: { pin?: string; biometric: boolean } = { pin: goodPin, biometric: false },
): Promise<{ core: Core; user: PhoneUser; key: ActiveKey }> {
  await server.activation(code);
  const core = await openCoreIn(surroundings(server, change));
  const user = await core.activate(await core.lookup(code), { ...how, phoneName: "Pixel 8" });
  const key = server.keys.get(user.keyId);
  if (!key) throw new Error("the server has no such key");
  return { core, user, key };
}

/** A code that holds, another for each number. */
export function codeOf(i: number): string {
  return formatCode(i.toString().padStart(15, "0")).join("-");
}

/**
 * One more user on a phone that is there already, by a code that differs for each number; they are called user.0, user.1, …
 * Gives the server's view of the key.
 */
export async function another(server: FakeServer, core: Core, i: number, how: { pin?: string; biometric?: boolean } = {}): Promise<ActiveKey> {
  await server.activation(codeOf(i), (offer) => Object.assign(offer["user"] as object, { name: `user.${i}`, displayName: `User ${i}` }));
  server.now += 1000; // two activations are never of the same moment
  const choice = { biometric: how.biometric ?? false, phoneName: "Pixel 8", ...(how.biometric ? {} : { pin: how.pin ?? goodPin }) };
  const { keyId } = await core.activate(await core.lookup(codeOf(i)), choice);
  const key = server.keys.get(keyId);
  if (!key) throw new Error("the server has no such key");
  return key;
}

/** Matches a PhoneFault by its key. */
export function fault(key: string, args?: Record<string, unknown>): PhoneFault {
  return { name: "PhoneFault", key, ...(args ? { args } : {}) } as unknown as PhoneFault;
}
