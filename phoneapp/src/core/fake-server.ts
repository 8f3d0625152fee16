// A server for tests: does the server's half of docs/protocol.md for real, with keys and a clock of its own, and lets a test
// reach in between.

import { CompactSign, compactVerify } from "jose";
import { b64u, fromB64u, newId, random, utf8, type Bytes } from "./bytes";
import { parseCode } from "./codes";
import * as derive from "./derive";
import { FakeDelivery } from "./fake-delivery";
import { FakeInbox } from "./fake-inbox";
import { Refusal, type Answer } from "./fake-refusal";
import { digestName, digestOf } from "./jws";

export { Refusal } from "./fake-refusal";

export const origin = "https://phone.example";
const algorithm = { name: "ECDSA", namedCurve: "P-256" };

export interface SigningPair {
  readonly secret: CryptoKey;
  readonly point: string;
}

export async function signingPair(): Promise<SigningPair> {
  const pair = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  return { secret: pair.privateKey, point: b64u(await crypto.subtle.exportKey("raw", pair.publicKey)) };
}

/** Signs whatever a test wants signed, under whatever header. */
export async function signRaw(secret: CryptoKey, header: Record<string, unknown>, payload: string): Promise<string> {
  const alg = { alg: "ES256", ...header };
  return new CompactSign(utf8(payload)).setProtectedHeader(alg).sign(secret);
}

interface Activation {
  readonly codeId: string;
  readonly ck: Bytes;
  readonly es: CryptoKey;
  readonly user: FakeUser;
  offer: string;
  mac: string;
  accepted?: { readonly digest: string; readonly receipt: string };
}

interface FakeUser {
  readonly id: string;
  readonly name: string;
  readonly displayName: string;
}

export interface ActiveKey {
  readonly keyId: string;
  readonly point: string;
  readonly user: FakeUser;
  readonly submission: string;
  readonly k: Bytes;
  vpin: Bytes;
  readonly vprf: Bytes;
  readonly message: Readonly<Record<string, unknown>>;
  state: "active" | "confirm" | "approve" | "suspended" | "removed";
  digits?: string;
  /** The phone's name at the portal. */
  name: string;
  push?: unknown;
}

/** A stream that is open: the keys whose proofs held, and the way to say a line. */
export interface FakeStream {
  readonly keyIds: readonly string[];
  readonly say: (line: Record<string, unknown>) => void;
}

/** What a phone may ask for itself, by path. */
const kinds: Readonly<Record<string, string>> = {
  "/pin": "pin_change", "/pin/check": "pin_check", "/test": "test", "/push/test": "push_test", "/messages/open": "messages_open",
};

export class FakeServer {
  readonly id = newId();
  now = 1_790_000_000_000;
  /** Paths that were asked, in order. */
  readonly asked: string[] = [];
  readonly bodies: { readonly path: string; readonly text: string }[] = [];
  readonly keys = new Map<string, ActiveKey>();
  readonly open = new Map<string, { readonly jws: string; readonly es?: CryptoKey; readonly own?: string }>();
  readonly decisions: Record<string, unknown>[] = [];
  readonly streams: FakeStream[] = [];
  /** Called before the server looks at a request; throwing breaks the connection. */
  before: (path: string) => void = () => undefined;
  /** Called when the server is done; throwing breaks the connection, a value replaces the answer. */
  after: (path: string, answer: Answer) => Answer = (_, answer) => answer;
  firstState: ActiveKey["state"] = "active";
  /** Its key for Web Push. */
  push: string | undefined;
  readonly delivery = new FakeDelivery(() => this.now);
  readonly inbox = new FakeInbox(() => this.id, () => this.now);
  private readonly activations = new Map<string, Activation>();
  private readonly seen = new Set<string>();

  private constructor(
    readonly signing: SigningPair,
    readonly backup: SigningPair,
    readonly pin: { readonly secret: CryptoKey; readonly point: Bytes },
  ) {}

  static async start(): Promise<FakeServer> {
    return new FakeServer(await signingPair(), await signingPair(), await derive.oneUseKey());
  }

  readonly fetch: typeof fetch = async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const path = url.pathname.replace("/api/phone/v1", "");
    const text = typeof init?.body === "string" ? init.body : "";
    this.before(path);
    this.asked.push(path);
    this.bodies.push({ path, text });
    let answer: Answer;
    try {
      if (path === "/stream") return new Response(await this.stream(text, init?.signal ?? undefined), { headers: { "Content-Type": "application/x-ndjson" } });
      answer = { status: 200, body: await this.route(path, text, new Headers(init?.headers)) };
    } catch (problem) {
      if (!(problem instanceof Refusal)) throw problem;
      answer = problem.answer;
    }
    answer = this.after(path, answer);
    return new Response(typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body), {
      status: answer.status,
      headers: { "Content-Type": "application/json" },
    });
  };

  /** Makes an activation for a code in any writing. */
  async activation(typed: string, change: (offer: Record<string, unknown>) => void = () => undefined): Promise<Activation> {
    const { codeId, ck } = await derive.codeSecrets(parseCode(typed));
    const es = await derive.oneUseKey();
    const user = { id: newId(), name: "mara.lindqvist", displayName: "Mara Lindqvist" };
    const payload: Record<string, unknown> = {
      aud: this.id,
      server: { name: "Aldermere", operator: "Aldermere Bank" },
      keys: { signing: this.signing.point, backup: this.backup.point, pin: b64u(this.pin.point) },
      user,
      es: b64u(es.point),
      pin: { min: 4, max: 6 },
      webauthn: { rpId: "phone.example", userHandle: b64u(random(16)), challenge: b64u(random(32)) },
      iat: this.now,
      exp: this.now + 600_000,
    };
    change(payload);
    const offer = await signRaw(this.signing.secret, { typ: "nodkey-offer+jws" }, JSON.stringify(payload));
    const activation: Activation = { codeId, ck, es: es.secret, user, offer, mac: "" };
    await this.replaceOffer(activation, offer);
    this.activations.set(codeId, activation);
    return activation;
  }

  /** Another offer under a MAC that holds. */
  async replaceOffer(activation: Activation, offer: string): Promise<void> {
    activation.offer = offer;
    activation.mac = b64u(await derive.offerMac(activation.ck, await digestOf(offer)));
  }

  /** A statement for one key, signed and open. change may spoil it before it is signed. */
  async statement(
    key: ActiveKey,
    change: (statement: Record<string, unknown>) => void = () => undefined,
    by: { readonly secret?: CryptoKey; readonly header?: Record<string, unknown> } = {},
  ): Promise<string> {
    const payload: Record<string, unknown> = {
      aud: this.id,
      id: newId(),
      user: key.user.id,
      keys: [key.keyId],
      kind: "sign_in",
      locale: "en",
      app: "Aldermere Client Portal",
      who: key.user.displayName,
      address: "203.0.113.24",
      with: "Firefox on Windows",
      known: false,
      number: false,
      iat: this.now,
      exp: this.now + 180_000,
    };
    change(payload);
    const header = { typ: "nodkey-statement+jws", ...by.header };
    const jws = await signRaw(by.secret ?? this.signing.secret, header, JSON.stringify(payload));
    this.open.set(String(payload["id"]), { jws });
    return jws;
  }

  async receipt(key: ActiveKey, change: (receipt: Record<string, unknown>) => void = () => undefined): Promise<string> {
    const payload: Record<string, unknown> = {
      aud: this.id,
      submission: key.submission,
      key: key.keyId,
      user: key.user.id,
      state: key.state,
      digits: key.state === "confirm" ? key.digits : undefined,
      iat: this.now,
    };
    change(payload);
    return signRaw(this.signing.secret, { typ: "nodkey-receipt+jws" }, JSON.stringify(payload));
  }

  private async route(path: string, text: string, headers: Headers): Promise<unknown> {
    const body = (text === "" ? {} : JSON.parse(text)) as Record<string, string>;
    if (path === "/server") {
      const { id, signing, now } = this;
      const rest = { name: "Aldermere", operator: "Aldermere Bank", rpId: "phone.example", pin: { min: 4, max: 6 }, push: this.push };
      return { id, key: signing.point, time: now, ...rest };
    }
    if (path === "/activations/lookup") {
      const found = this.activations.get(body["codeId"] ?? "");
      if (!found) throw new Refusal(404, "not_found", "activation.unknown");
      if (found.accepted) throw new Refusal(409, "conflict", "activation.used");
      return { offer: found.offer, mac: found.mac };
    }
    if (path === "/activations/submit") return { receipt: await this.submit(body) };
    if (path === "/approvals") {
      await this.proved(path, text);
      return { now: this.now, statements: [...this.open.values()].map((one) => one.jws) };
    }
    if (path === "/approvals/missed") {
      await this.proved(path, text);
      return { now: this.now, statements: this.delivery.missed };
    }
    if (path === "/messages/unread") return this.inbox.unread(await this.proved(path, text));
    const key = await this.prove(headers.get("Nodkey-Proof") ?? "", path, text, path !== "/key" && path !== "/push/state");
    if (path === "/key") return { receipt: await this.receipt(key) };
    if (path === "/key/remove") {
      key.state = "removed";
      return {};
    }
    if (path === "/key/rename" || path.startsWith("/push/") || path.startsWith("/messages") || kinds[path] !== undefined) {
      if (key.state !== "active") throw new Refusal(403, "refused", "key.suspended");
    }
    if (path === "/key/rename") {
      const { name = "" } = body;
      if (name.length > 40 || name.includes("!")) throw new Refusal(400, "bad_input", "phone.name");
      key.name = name;
      return {};
    }
    if (path === "/push/state") return this.delivery.state(key);
    if (path === "/push/test" && key.push === undefined) throw new Refusal(409, "conflict", "push.none");
    if (path === "/push/subscribe" || path === "/push/unsubscribe") {
      key.push = path === "/push/subscribe" ? body : undefined;
      return {};
    }
    const kind = kinds[path];
    if (kind !== undefined) return { statement: await this.ask(key, kind) };
    if (path.startsWith("/messages")) return this.inbox.answer(key, path, JSON.parse(text) as Record<string, unknown>);
    const [, id = "", deed] = /^\/approvals\/([^/]+)\/(decision|disown|seen)$/.exec(path) ?? [];
    if (deed === "seen") {
      if (!this.delivery.saw(id, body["what"])) throw new Refusal(400, "bad_input", "seen.what");
      return {};
    }
    if (deed === "disown") return {};
    if (deed === "decision") return this.decide(key, id, JSON.parse(text) as DecisionRequest);
    throw new Refusal(404, "not_found", "not_found");
  }

  /** A statement that the phone asks for itself; the newest of a kind counts. */
  private async ask(key: ActiveKey, kind: string): Promise<string> {
    for (const [id, one] of this.open) if (one.own === `${kind} ${key.keyId}`) this.open.delete(id);
    const es = kind === "pin_change" ? await derive.oneUseKey() : undefined;
    const id = newId();
    const jws = await this.statement(key, (s) => Object.assign(s, { id, kind, known: true, ...(es ? { es: b64u(es.point) } : {}) }));
    this.open.set(id, { jws, own: `${kind} ${key.keyId}`, ...(es ? { es: es.secret } : {}) });
    if (kind === "push_test") this.delivery.tested(key, id);
    return jws;
  }

  /** The keys whose proofs in a body hold; one that does not is left out. */
  private async proved(path: string, text: string): Promise<ActiveKey[]> {
    const { proofs } = JSON.parse(text) as { proofs: string[] };
    if (proofs.length > 32) throw new Refusal(400, "bad_input", "proofs");
    const keys: ActiveKey[] = [];
    for (const proof of proofs) keys.push(await this.prove(proof, path, "", false));
    const held = keys.filter((key) => key.state !== "removed");
    if (held.length === 0) throw new Refusal(401, "unauthenticated", "proof.wrong");
    return held;
  }

  private async stream(text: string, signal: AbortSignal | undefined): Promise<ReadableStream<Uint8Array>> {
    const keyIds = (await this.proved("/stream", text)).map((key) => key.keyId);
    return new ReadableStream({
      start: (controller) => {
        signal?.addEventListener("abort", () => controller.error(new DOMException("aborted", "AbortError")));
        this.streams.push({ keyIds, say: (line) => controller.enqueue(utf8(`${JSON.stringify(line)}\n`)) });
      },
    });
  }

  private async prove(proof: string, path: string, body: string, write: boolean): Promise<ActiveKey> {
    const [header = ""] = proof.split(".");
    const { kid, typ } = JSON.parse(Buffer.from(header, "base64url").toString()) as { kid: string; typ: string };
    const key = this.keys.get(kid);
    if (!key || typ !== "nodkey-request+jws") throw new Refusal(401, "unauthenticated", "proof.wrong");
    const claims = await this.verify(proof, key.point);
    const fits =
      claims["aud"] === this.id &&
      claims["htm"] === "POST" &&
      claims["htu"] === `${origin}/api/phone/v1${path}` &&
      claims["bh"] === b64u(await derive.sha256(body));
    if (!fits) throw new Refusal(401, "unauthenticated", "proof.wrong");
    if (Math.abs(Number(claims["iat"]) - this.now) > 60_000) {
      throw new Refusal(401, "unauthenticated", "proof.time", { now: this.now });
    }
    const jti = String(claims["jti"]);
    if (write && this.seen.has(jti)) throw new Refusal(401, "unauthenticated", "proof.replayed");
    if (write) this.seen.add(jti);
    return key;
  }

  private async submit(body: Record<string, string>): Promise<string> {
    const found = this.activations.get(body["codeId"] ?? "");
    const jws = body["submission"] ?? "";
    if (!found) throw new Refusal(404, "not_found", "activation.unknown");
    const digest = await digestOf(jws);
    if (found.accepted?.digest === b64u(digest)) return found.accepted.receipt;
    if (found.accepted) throw new Refusal(409, "conflict", "activation.used");
    if (b64u(await derive.submissionMac(found.ck, digest)) !== body["mac"]) throw new Refusal(400, "bad_input", "submission.mac");
    const [, middle = ""] = jws.split(".");
    const d = (JSON.parse(Buffer.from(middle, "base64url").toString()) as { d: string }).d;
    const message = await this.verify(jws, d);
    if (message["offer"] !== (await digestName(found.offer))) throw new Refusal(400, "bad_input", "submission.offer");
    const binding = { serverId: this.id, keyId: await derive.thumbprint(fromB64u(d)) };
    const e = fromB64u(String(message["e"]));
    const z = await derive.agree(found.es, e);
    const h = await derive.transcript(await digestOf(found.offer), fromB64u(d), e);
    const plain = await derive.openGcm(await derive.wrapKey(z, h, binding), fromB64u(String(message["wrap"])));
    const key: ActiveKey = {
      keyId: binding.keyId,
      point: d,
      user: found.user,
      submission: b64u(digest),
      k: await derive.ocraKey(z, h, binding),
      vpin: plain.slice(0, 32),
      vprf: plain.slice(32),
      message,
      state: this.firstState,
      digits: "482913",
      name: (message["phone"] as { name: string }).name,
    };
    this.keys.set(key.keyId, key);
    found.accepted = { digest: b64u(digest), receipt: await this.receipt(key) };
    return found.accepted.receipt;
  }

  private async decide(key: ActiveKey, id: string, body: DecisionRequest): Promise<unknown> {
    const approval = this.open.get(id);
    const decision = await this.verify(body.decision, key.point);
    const again = this.decisions.find((one) => one["id"] === id);
    if (again) {
      if (JSON.stringify(again) !== JSON.stringify(decision)) throw new Refusal(409, "conflict", "approval.approved");
      return { state: decision["verdict"] === "yes" ? "approved" : "denied" };
    }
    if (!approval) throw new Refusal(409, "conflict", "approval.expired");
    if (decision["statement"] !== (await digestName(approval.jws)) || decision["key"] !== key.keyId) {
      throw new Refusal(400, "bad_input", "decision.statement");
    }
    if (decision["verdict"] === "yes" && decision["factor"] === "pin") await this.checkPin(key, body);
    const newPin = decision["newPin"] as { e: string; wrap: string } | undefined;
    if (newPin && approval.es) {
      const binding = { serverId: this.id, keyId: key.keyId };
      const e = fromB64u(newPin.e);
      const z = await derive.agree(approval.es, e);
      const h = await derive.transcript(await digestOf(approval.jws), fromB64u(key.point), e);
      key.vpin = (await derive.openGcm(await derive.wrapKey(z, h, binding), fromB64u(newPin.wrap))).slice(0, 32);
    }
    this.decisions.push(decision);
    this.open.delete(id);
    if (approval.own?.startsWith("messages_open ") && decision["verdict"] === "yes") this.inbox.opened(key.keyId);
    if (decision["number"] === "99") return { state: "denied", cause: "wrong_number" };
    return { state: decision["verdict"] === "yes" ? "approved" : "denied" };
  }

  private async checkPin(key: ActiveKey, body: DecisionRequest): Promise<void> {
    const digest = await digestOf(body.decision);
    const zp = await derive.agree(this.pin.secret, fromB64u(body.pinProof?.epk ?? ""));
    const s = await derive.pinSealKey(zp, digest, { serverId: this.id, keyId: key.keyId });
    const proof = await derive.openGcm(s, fromB64u(body.pinProof?.ct ?? ""));
    if (b64u(proof) !== b64u(await derive.provePin(key.vpin, digest))) {
      throw new Refusal(403, "refused", "pin.wrong", { left: 4 });
    }
  }

  private async verify(jws: string, point: string): Promise<Record<string, unknown>> {
    const key = await crypto.subtle.importKey("raw", fromB64u(point), algorithm, true, ["verify"]);
    const { payload } = await compactVerify(jws, key, { algorithms: ["ES256"] });
    return JSON.parse(new TextDecoder().decode(payload)) as Record<string, unknown>;
  }
}

interface DecisionRequest {
  readonly decision: string;
  readonly pinProof?: { readonly epk: string; readonly ct: string };
  readonly assertion?: Record<string, string>;
}
