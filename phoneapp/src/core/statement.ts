// Statements (docs/protocol.md §5.1). One is shown only after its signature held, and only to the user and key that it names.

import type { Clock } from "./clock";
import type { Approval } from "./contract";
import { verify } from "./jws";
import { readStatement, type StatementKind, type StatementMessage } from "./messages";
import type { KeyRecord } from "./store";

/** Longest statement in characters of its JWS. */
export const maxStatement = 800;

/** A verified statement with the key that it asks. */
export interface Statement {
  readonly jws: string;
  readonly message: StatementMessage;
  readonly key: KeyRecord;
}

/**
 * Verifies a statement for one of the keys. Gives undefined for whatever must not be shown: another signature, another
 * server, user or key, expired, or not the shape that it should have.
 */
export async function readFor(jws: string, keys: readonly KeyRecord[], now: number): Promise<Statement | undefined> {
  if (jws.length > maxStatement) return undefined;
  for (const key of keys) {
    const pinned = [key.pinned.signing, key.pinned.backup];
    try {
      const message = readStatement(await verify(jws, "nodkey-statement+jws", pinned, { aud: key.serverId }));
      if (message.user === key.user.id && message.keys.includes(key.keyId) && message.exp > now) return { jws, message, key };
    } catch {
      // Not for this key; another of this phone's may be of another server.
    }
  }
  return undefined;
}

/** A statement that screens may show. */
export type Shown = Statement & { readonly message: StatementMessage & { readonly kind: Approval["kind"] } };

/**
 * What is asked and answered within one step of the app: a change and a check of the PIN, an opening of the message centre, and a
 * test of notifications, which nobody answers at all.
 */
const unshown: ReadonlySet<StatementKind> = new Set(["pin_check", "pin_change", "messages_open", "push_test"]);

/** Says whether a statement is for a person. */
export function isShown(statement: Statement): statement is Shown {
  return !unshown.has(statement.message.kind);
}

/** A statement as screens see it. */
export function shown(statement: Shown, clock: Clock, biometric: boolean): Approval {
  const { message, key } = statement;
  const { text, newKey, item } = message;
  return {
    id: message.id,
    keyId: key.keyId,
    kind: message.kind,
    app: message.app,
    who: message.who,
    ...whence(message),
    known: message.known,
    number: message.number,
    ...(text === undefined ? {} : { text }),
    ...(newKey === undefined ? {} : { newKey }),
    ...(item === undefined ? {} : { item }),
    issuedAt: clock.local(message.iat),
    expiresAt: clock.local(message.exp),
    factors: { pin: key.pin, biometric: biometric && key.credential !== undefined },
  };
}

/** Where a request came from: what of it was said, and nothing that was not. */
export function whence({ address, place, with: browser }: { readonly [K in keyof Whence]?: Whence[K] | undefined }): Whence {
  return {
    ...(address === undefined ? {} : { address }),
    ...(place === undefined ? {} : { place }),
    ...(browser === undefined ? {} : { with: browser }),
  };
}

type Whence = Pick<Approval, "address" | "place" | "with">;
