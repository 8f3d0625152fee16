// Decisions (docs/protocol.md §5.2, §6.3): signed over exactly what was shown.

import { ServerFault, answerOf, isOffline, type Api } from "./api";
import { fromB64u, type Bytes } from "./bytes";
import type { Clock } from "./clock";
import { PhoneFault, type Approval, type Outcome, type PastApproval } from "./contract";
import * as derive from "./derive";
import { digestName, digestOf, sign, signingInput } from "./jws";
import { whence, type Statement } from "./statement";
import type { Assertion, Authenticator } from "./webauthn";

/** How a yes is proved. */
export type Proof = { readonly number?: string; readonly pin: string } | { readonly number?: string; readonly biometric: true };

/** What a decision says beside what every decision says. */
export interface Verdict {
  readonly verdict: "yes" | "no";
  readonly number?: string | undefined;
  readonly reason?: "not_me" | "mistake";
  readonly factor?: "pin" | "biometric";
  readonly newPin?: { readonly e: string; readonly wrap: string };
}

/** A finished decision as it is sent, and sent again. */
export interface DecisionBody {
  readonly decision: string;
  readonly pinProof?: { readonly epk: string; readonly ct: string };
  readonly assertion?: Assertion;
}

export class Decisions {
  /** Sent, but no answer came: the server may have it. By approval id. */
  private readonly unsettled = new Map<string, DecisionBody>();

  constructor(
    private readonly api: Api,
    private readonly clock: Clock,
    private readonly authenticator: Authenticator,
  ) {}

  async approve(statement: Statement, proof: Proof): Promise<Outcome> {
    const number = proof.number?.normalize("NFKC");
    if (statement.message.number !== (number !== undefined)) throw new TypeError("a number where the statement asks for one");
    if ("pin" in proof) {
      const body = await this.byPin(statement, { verdict: "yes", factor: "pin", number }, proof.pin);
      return this.send(statement, body);
    }
    const { credential, rpId } = statement.key;
    if (credential === undefined) throw new PhoneFault("biometric.failed");
    const decision = await this.sign(statement, { verdict: "yes", factor: "biometric", number });
    const challenge = await derive.assertionChallenge(signingInput(decision));
    return this.send(statement, { decision, assertion: await this.authenticator.assert(rpId, credential, challenge) });
  }

  async deny(statement: Statement, reason: "not_me" | "mistake"): Promise<Outcome> {
    return this.send(statement, { decision: await this.sign(statement, { verdict: "no", reason }) });
  }

  /** A decision that the PIN as typed proves; send sends it. */
  async byPin(statement: Statement, verdict: Verdict, typed: string): Promise<DecisionBody> {
    const { key } = statement;
    const decision = await this.sign(statement, verdict);
    const digest: Bytes = await digestOf(decision);
    const vpin = await derive.typedVerifier(key, typed);
    const proof = await derive.provePin(vpin, digest);
    const pinProof = await derive.sealPinProof(fromB64u(key.pinned.pin, 65), digest, proof, key);
    derive.wipe(vpin, proof);
    return { decision, pinProof };
  }

  private async sign(statement: Statement, verdict: Verdict): Promise<string> {
    const { key, message } = statement;
    return sign("nodkey-decision+jws", key.keyId, key.d, {
      aud: key.serverId,
      id: message.id,
      statement: await digestName(statement.jws),
      ...verdict,
      key: key.keyId,
      iat: Math.round(this.clock.now()),
    });
  }

  /** A connection that breaks is tried once more with the same bytes: the server gives a repeated decision its answer again. */
  async send(statement: Statement, body: DecisionBody): Promise<Outcome> {
    const { id } = statement.message;
    const post = async (what: DecisionBody): Promise<Outcome> => this.post(statement, what);
    const before = this.unsettled.get(id);
    this.unsettled.set(id, body);
    try {
      return await post(body).catch(async (fault: unknown) => {
        if (isOffline(fault)) return post(body);
        // Decided already, perhaps by what we sent before and never heard of again.
        if (before && fault instanceof ServerFault && fault.kind === "conflict") return post(before);
        throw fault;
      });
    } catch (fault) {
      if (isOffline(fault)) this.unsettled.set(id, before ?? body);
      else this.unsettled.delete(id);
      throw fault;
    }
  }

  private async post(statement: Statement, body: DecisionBody): Promise<Outcome> {
    const answer = await this.api.signed(statement.key, `/approvals/${statement.message.id}/decision`, body);
    const { state, cause } = answerOf(answer, (members) => ({
      state: members.oneOf("state", ["approved", "denied"]),
      cause: members.has("cause") ? members.oneOf("cause", ["wrong_number"]) : undefined,
    }));
    this.unsettled.delete(statement.message.id);
    return { state, at: this.clock.wall(), ...(cause === undefined ? {} : { cause }) };
  }
}

/** A decided approval as it is kept. */
export function pastOf(approval: Approval, { at, state }: Outcome): PastApproval {
  const { id, keyId, kind, app } = approval;
  return { id, keyId, kind, app, at, state, ...whence(approval) };
}
