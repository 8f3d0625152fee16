// Speaks the phone API (docs/protocol.md §2, §3): signs requests, measures the clock, and turns everything that can go wrong
// on the way into a PhoneFault.

import { b64u, newId } from "./bytes";
import type { Clock } from "./clock";
import { PhoneFault, type ServerInfo } from "./contract";
import { sha256 } from "./derive";
import { sign } from "./jws";
import { readProblem, readServer } from "./messages";
import { maxBody, Members, parseJson } from "./strict";

export { maxLongBody } from "./strict";

export const prefix = "/api/phone/v1";

/** An answer that took longer is no answer; milliseconds. */
const patience = 15_000;
/** A clock that is further off between two measurements than this is the person's business; milliseconds. */
const jump = 60_000;
/** The most proofs that one request may carry. */
export const maxProofs = 32;

/** What signs requests. KeyRecord is one. */
export interface Signer {
  readonly keyId: string;
  readonly serverId: string;
  readonly d: CryptoKey;
}

/** A PhoneFault that the server sent. kind and status as in §2.2. */
export class ServerFault extends PhoneFault {
  constructor(
    readonly kind: string,
    key: string,
    args: Readonly<Record<string, string | number>>,
    /** Milliseconds to wait before trying again, where the server said so. */
    readonly retryAfter?: number,
  ) {
    super(key, args);
  }

  /** True when trying the same again cannot help. */
  get final(): boolean {
    return ["bad_input", "unauthenticated", "refused", "not_found", "conflict"].includes(this.kind);
  }
}

/** Says whether a fault means that no answer came: the server may have done what it was asked. */
export function isOffline(fault: unknown): boolean {
  return fault instanceof PhoneFault && (fault.key === "offline" || fault.key === "unavailable") && !(fault instanceof ServerFault);
}

/** Why a request was aborted that nobody wanted any more: the connection may be as good as ever. */
export const givenUp = "given up";

export class Api {
  /** Told after every exchange whether the server could be reached. */
  reached: (online: boolean) => void = () => undefined;

  constructor(
    /** "https://phone.example", as the server writes it in htu. */
    readonly origin: string,
    private readonly clock: Clock,
    private readonly request: typeof fetch,
  ) {}

  /** GET /server, and the clock measured by it. */
  async server(): Promise<ServerInfo> {
    const sent = this.clock.wall();
    const { info, time } = answerOf(await this.exchange("GET", "/server", undefined, undefined), readServer);
    this.clock.measure(time, sent, this.clock.wall());
    return info;
  }

  /** POST without a proof. */
  async plain(path: string, body: unknown): Promise<Members> {
    return this.exchange("POST", path, JSON.stringify(body), undefined);
  }

  /** POST signed by one key. most: the longest answer, in bytes. */
  async signed(key: Signer, path: string, body: unknown, most = maxBody): Promise<Members> {
    const text = JSON.stringify(body);
    return this.inTime(async () => this.exchange("POST", path, text, await this.proof(key, path, text), most));
  }

  /** POST for several keys, the proofs in the body. */
  async forAll(keys: readonly Signer[], path: string): Promise<Members> {
    return this.inTime(async () => this.exchange("POST", path, await this.proofs(keys, path), undefined));
  }

  /** Opens the stream of §5.4. Ends when the signal says so; with the reason givenUp that tells nothing of the connection. */
  async stream(keys: readonly Signer[], signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    return this.inTime(async () => {
      const body = await this.proofs(keys, "/stream");
      const answer = await this.send("POST", "/stream", body, undefined, signal);
      if (!answer.ok || !answer.body || !isType(answer, "application/x-ndjson")) {
        await this.read(answer);
        throw new PhoneFault("unavailable");
      }
      this.reached(true);
      return answer.body;
    });
  }

  /** Tries, and once more after measuring the clock when the server says that the proof was out of time. */
  private async inTime<T>(attempt: () => Promise<T>): Promise<T> {
    try {
      return await attempt();
    } catch (fault) {
      if (!(fault instanceof ServerFault) || fault.key !== "proof.time") throw fault;
      const before = this.clock.measured;
      const change = await this.measureAgain(fault.args["now"]);
      // A clock that jumped and is wrong now: the person should know before anything is sent.
      if (before && Math.abs(change) > jump && Math.abs(this.clock.skew) > jump) throw this.clockFault();
    }
    try {
      return await attempt();
    } catch (fault) {
      throw fault instanceof ServerFault && fault.key === "proof.time" ? this.clockFault() : fault;
    }
  }

  private async measureAgain(now: string | number | undefined): Promise<number> {
    const before = this.clock.skew;
    const wall = this.clock.wall();
    if (typeof now === "number") return this.clock.measure(now, wall, wall);
    await this.server();
    return this.clock.skew - before;
  }

  private clockFault(): PhoneFault {
    return new PhoneFault("clock", {
      minutes: Math.max(1, Math.round(Math.abs(this.clock.skew) / 60_000)),
      direction: this.clock.skew > 0 ? "slow" : "fast",
    });
  }

  /** A proof of DPoP's shape (RFC 9449 §4.2). */
  private async proof(key: Signer, path: string, body: string): Promise<string> {
    return sign("nodkey-request+jws", key.keyId, key.d, {
      aud: key.serverId,
      htm: "POST",
      htu: this.origin + prefix + path,
      iat: Math.round(this.clock.now()),
      jti: newId(),
      bh: b64u(await sha256(body)),
    });
  }

  private async proofs(keys: readonly Signer[], path: string): Promise<string> {
    return JSON.stringify({ proofs: await Promise.all(keys.slice(0, maxProofs).map((key) => this.proof(key, path, ""))) });
  }

  private async exchange(method: string, path: string, body: string | undefined, proof: string | undefined, most = maxBody): Promise<Members> {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), patience);
    try {
      return await this.read(await this.send(method, path, body, proof, controller.signal), most);
    } finally {
      clearTimeout(timer);
    }
  }

  private async send(
    method: string,
    path: string,
    body: string | undefined,
    proof: string | undefined,
    signal: AbortSignal,
  ): Promise<Response> {
    const headers: Record<string, string> = {};
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (proof !== undefined) headers["Nodkey-Proof"] = proof;
    try {
      return await this.request.call(globalThis, this.origin + prefix + path, {
        method,
        headers,
        ...(body === undefined ? {} : { body }),
        signal,
        cache: "no-store",
        credentials: "omit",
        redirect: "error",
      });
    } catch (cause) {
      if (signal.reason !== givenUp) this.reached(false);
      throw new PhoneFault("offline", {}, { cause });
    }
  }

  /** The members of a good answer; throws ServerFault for the server's no, "offline" for an answer that is not the server's. */
  private async read(answer: Response, most = maxBody): Promise<Members> {
    if (!isType(answer, "application/json")) {
      // A sign-in page of the network, or a proxy whose server is away.
      this.reached(false);
      throw new PhoneFault(answer.status >= 500 ? "unavailable" : "offline");
    }
    const text = await answer.text().catch((cause: unknown) => {
      this.reached(false);
      throw new PhoneFault("offline", {}, { cause });
    });
    this.reached(true);
    let members: Members;
    try {
      members = Members.of(parseJson(text, most), "answer");
      if (answer.ok) return members;
      const { kind, key, args } = readProblem(members);
      const seconds = Number(answer.headers.get("Retry-After") ?? NaN);
      throw new ServerFault(kind, key, args, Number.isFinite(seconds) ? seconds * 1000 : undefined);
    } catch (cause) {
      throw cause instanceof PhoneFault ? cause : new PhoneFault("answer.wrong", {}, { cause });
    }
  }
}

/** Reads an answer's members; what does not fit is the server's fault, said as "answer.wrong". */
export function answerOf<T>(answer: Members, take: (members: Members) => T): T {
  try {
    const value = take(answer);
    answer.done();
    return value;
  } catch (cause) {
    throw new PhoneFault("answer.wrong", {}, { cause });
  }
}

function isType(answer: Response, type: string): boolean {
  return (answer.headers.get("Content-Type") ?? "").split(";")[0]?.trim().toLowerCase() === type;
}
