// Statements that the phone asks for itself (docs/protocol.md §5.6, §5.10, §6.3, §6.5, §10.1): a change of the PIN, a check of the PIN,
// tests, an opening of the message centre.

import { refuseWeak } from "./activation";
import { answerOf, isOffline, ServerFault, type Api } from "./api";
import type { DecisionBody, Decisions, Proof, Verdict } from "./approval";
import { b64u, equal, fromB64u, type Bytes } from "./bytes";
import type { Clock } from "./clock";
import { PhoneFault } from "./contract";
import * as derive from "./derive";
import { digestOf } from "./jws";
import type { StatementKind } from "./messages";
import { isShown, readFor, type Shown, type Statement } from "./statement";
import type { KeyRecord } from "./store";

/** A change of the PIN that was sent and not answered: the server may have it. */
interface Unsettled {
  readonly statement: Statement;
  readonly body: DecisionBody;
  /** Stands for both PINs as they were typed. */
  readonly mark: Bytes;
}

export class OwnStatements {
  /** By key id; ends with the page, and so does the need for it: whoever starts over tries either PIN. */
  private readonly unsettled = new Map<string, Unsettled>();

  constructor(
    private readonly api: Api,
    private readonly clock: Clock,
    private readonly decisions: Decisions,
  ) {}

  /** A test request for this key alone. */
  async test(key: KeyRecord): Promise<Shown> {
    const statement = await this.ask(key, "/test", "test");
    if (!isShown(statement)) throw new PhoneFault("answer.wrong");
    return statement;
  }

  /** A test of notifications for this key alone: nobody sees or answers it, its arrival is all. */
  async pushTest(key: KeyRecord): Promise<Statement> {
    return this.ask(key, "/push/test", "push_test");
  }

  /** Has the server open the message centre for this key. */
  async openMessages(key: KeyRecord, proof: Proof): Promise<void> {
    const statement = await this.ask(key, "/messages/open", "messages_open");
    if (statement.message.number) throw new PhoneFault("answer.wrong");
    const { state } = await this.decisions.approve(statement, proof);
    if (state !== "approved") throw new PhoneFault("answer.wrong");
  }

  /** Has the server check a PIN. Nothing changes by it but the count of wrong ones, so it may be repeated. */
  async provePin(key: KeyRecord, pin: string): Promise<void> {
    const statement = await this.ask(key, "/pin/check", "pin_check");
    if (statement.message.number) throw new PhoneFault("answer.wrong");
    const { state } = await this.decisions.send(statement, await this.decisions.byPin(statement, { verdict: "yes", factor: "pin" }, pin));
    if (state !== "approved") throw new PhoneFault("answer.wrong");
  }

  /** §6.3: asks for a statement of its own, then proves the old PIN and carries the new verifier in one decision. */
  async changePin(key: KeyRecord, oldPin: string, newPin: string): Promise<void> {
    const pin = derive.normalisePin(newPin);
    refuseWeak(pin, key.user);
    if (await this.settled(key, oldPin, newPin)) return;
    const statement = await this.ask(key, "/pin", "pin_change");
    const { es } = statement.message;
    if (es === undefined) throw new PhoneFault("answer.wrong");

    const e = await derive.oneUseKey();
    const z = await derive.agree(e.secret, fromB64u(es, 65));
    const h = await derive.transcript(await digestOf(statement.jws), fromB64u(key.point, 65), e.point);
    const w = await derive.wrapKey(z, h, key);
    const vpin = await derive.pinVerifier(key.kp, pin, key);
    const wrap = b64u(await derive.wrapVerifiers(w, vpin));
    derive.wipe(z, w, vpin);
    const verdict: Verdict = { verdict: "yes", factor: "pin", newPin: { e: b64u(e.point), wrap } };
    const body = await this.decisions.byPin(statement, verdict, oldPin);
    await this.change(key, { statement, body, mark: await mark(key, oldPin, newPin) });
  }

  /**
   * Sends an unanswered change again. True when that was the very change that is wanted now; the old PIN would be wrong by
   * then, and asking anew would cost the person a try.
   */
  private async settled(key: KeyRecord, oldPin: string, newPin: string): Promise<boolean> {
    const before = this.unsettled.get(key.keyId);
    if (!before) return false;
    try {
      await this.change(key, before);
    } catch (fault) {
      // It never counted, and never will.
      if (fault instanceof ServerFault && fault.kind === "conflict") return false;
      throw fault;
    }
    return equal(before.mark, await mark(key, oldPin, newPin));
  }

  private async change(key: KeyRecord, change: Unsettled): Promise<void> {
    this.unsettled.set(key.keyId, change);
    try {
      const { state } = await this.decisions.send(change.statement, change.body);
      if (state !== "approved") throw new PhoneFault("answer.wrong");
      this.unsettled.delete(key.keyId);
    } catch (fault) {
      if (!isOffline(fault)) this.unsettled.delete(key.keyId);
      throw fault;
    }
  }

  private async ask(key: KeyRecord, path: string, kind: StatementKind): Promise<Statement> {
    const jws = answerOf(await this.api.signed(key, path, {}), (members) => members.string("statement"));
    const statement = await readFor(jws, [key], this.clock.now());
    if (statement?.message.kind !== kind) throw new PhoneFault("answer.wrong");
    return statement;
  }
}

/** Tells two changes of a key's PIN apart without keeping either PIN. */
async function mark(key: KeyRecord, oldPin: string, newPin: string): Promise<Bytes> {
  const parts = [await derive.typedVerifier(key, oldPin), await derive.typedVerifier(key, newPin)] as const;
  try {
    return await derive.sha256(...parts);
  } finally {
    derive.wipe(...parts);
  }
}
