// The users of this phone as the person knows them: names, order, and how many there can be.

import { isOffline, maxProofs } from "./api";
import { PhoneFault, type PhoneUser } from "./contract";
import type { KeyRecord } from "./store";

/** The most users of one phone: a request carries the proofs of them all (docs/protocol.md §3). */
export const maxUsers = maxProofs;
const longestName = 40;

export function asUser(key: KeyRecord): PhoneUser {
  return {
    keyId: key.keyId,
    userId: key.user.id,
    name: key.user.name,
    displayName: key.user.displayName,
    ...(key.label === undefined ? {} : { label: key.label }),
    state: key.state,
    ...(key.digits === undefined ? {} : { digits: key.digits }),
    pin: key.pin,
    biometric: key.credential !== undefined,
    activatedAt: key.activatedAt,
  };
}

/** Whose PIN is the one that the person knows: the first active key's, if no change of the PIN missed it. */
export function holderOf(keys: readonly KeyRecord[]): KeyRecord | undefined {
  const able = keys.filter((key) => key.state === "active" && key.pin);
  return able.find((key) => key.oldPin === undefined) ?? able[0];
}

/** The record with another name of the person's own; empty for none. */
export function withLabel(key: KeyRecord, label: string): KeyRecord {
  const { label: before, ...plain } = key;
  if (label !== "") return { ...key, label };
  return before === undefined ? key : plain;
}

/** Throws PhoneFault "users.limit" with args.limit when there is no room for one more beside so many. */
export function refuseFull(users: number): void {
  if (users >= maxUsers) throw new PhoneFault("users.limit", { limit: maxUsers });
}

/** Control, formatting and separating characters but the two joiners that emoji and some scripts need: as the server has it. */
const unreadable = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\ufffd]/u;

/**
 * A name that a person typed, without white space around it; may be empty. Throws PhoneFault with the given key for more than
 * 40 characters, for characters that could make a name read as another, and for a name with nothing to see.
 */
export function readName(typed: string, fault: "label.wrong" | "phone.name"): string {
  const name = typed.normalize("NFC").trim();
  const unseen = name !== "" && name.replace(/[\u200c\u200d\s]/g, "") === "";
  if (unseen || Array.from(name).length > longestName || unreadable.test(name)) throw new PhoneFault(fault);
  return name;
}

/**
 * Does something with one key after the other and gives the faults by key id. One key's no is not another's; when the
 * connection is lost, the rest are not tried and have the same fault.
 */
export async function withEach(
  keys: readonly KeyRecord[],
  deed: (key: KeyRecord) => Promise<unknown>,
): Promise<ReadonlyMap<string, PhoneFault>> {
  const faults = new Map<string, PhoneFault>();
  let lost: PhoneFault | undefined;
  for (const key of keys) {
    try {
      if (lost) throw lost;
      await deed(key);
    } catch (fault) {
      if (!(fault instanceof PhoneFault)) throw fault;
      faults.set(key.keyId, fault);
      if (isOffline(fault)) lost = fault;
    }
  }
  return faults;
}
