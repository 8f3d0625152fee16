import { beforeEach, describe, expect, test, vi } from "vitest";
import { b64u, random } from "./bytes";
import { isStatementText } from "./codes";
import type { Core, OfflineRequest } from "./contract";
import { openCoreIn } from "./core";
import { hmacKey } from "./derive";
import { activated, another, FakeAuthenticator, fault, goodPin, surroundings } from "./fake-phone";
import { FakeServer, signingPair, type ActiveKey } from "./fake-server";
import { digestOf } from "./jws";
import { codeOf, codePin, codeSession } from "./ocra";
import type { Surroundings } from "./surroundings";

let server: FakeServer;
let here: Surroundings;
let core: Core;
let key: ActiveKey;

/** No connection: whatever is asked breaks. */
const asked = vi.fn(() => {
  throw new TypeError("no network");
});

beforeEach(async () => {
  asked.mockClear();
  server = await FakeServer.start();
  here = surroundings(server);
  key = (await activated(server, here)).key;
  await offline();
});

/** The phone is closed and opened again where there is no connection. */
async function offline(change: Partial<Surroundings> = {}): Promise<void> {
  here = { ...here, fetch: asked, ...change };
  core = await openCoreIn(here);
}

const challenged = async (change: (s: Record<string, unknown>) => void = () => undefined, by: Parameters<FakeServer["statement"]>[2] = {}): Promise<string> =>
  server.statement(key, (s) => {
    Object.assign(s, { challenge: "318402", place: "Hamburg, Germany", number: true, exp: server.now + 300_000 });
    change(s);
  }, by);

/** What the server compares a code with. */
async function expected(of: ActiveKey, verifier: Parameters<typeof codePin>[0], digits: string, jws?: string): Promise<string> {
  const session = jws === undefined ? {} : { session: codeSession(await digestOf(jws)) };
  return codeOf(await hmacKey(of.k), { challenge: digits, pin: await codePin(verifier), ...session });
}

describe("a statement scanned without a connection", () => {
  test("is shown as the server signed it", async () => {
    const request = await core.codes.read(await challenged());
    expect(request).toEqual({
      id: request.id, keyId: key.keyId, digits: "318402", app: "Aldermere Client Portal", who: "Mara Lindqvist", address: "203.0.113.24",
      place: "Hamburg, Germany", with: "Firefox on Windows", known: false, issuedAt: server.now, expiresAt: server.now + 300_000, late: false, kind: "sign_in",
    });
    expect(asked).not.toHaveBeenCalled();
  });

  test("may be about a text of an application's, which is shown", async () => {
    const jws = await challenged((s) => Object.assign(s, { kind: "confirm", text: "Pay 250.00 EUR to Anna" }));
    const request = await core.codes.read(jws);
    expect(request).toMatchObject({ kind: "confirm", text: "Pay 250.00 EUR to Anna" });
    expect(await core.codes.make({ request }, { pin: goodPin })).toBe(await expected(key, key.vpin, "318402", jws));
  });

  test("is answered with the digits that the server computes", async () => {
    const jws = await challenged();
    const code = await core.codes.make({ request: await core.codes.read(jws) }, { pin: goodPin });
    expect(code).toMatch(/^[0-9]{8}$/);
    expect(code).toBe(await expected(key, key.vpin, "318402", jws));
    expect(code).not.toBe(await expected(key, key.vpin, "318402"));
    expect(asked).not.toHaveBeenCalled();
  });

  test("signed by the backup key is as good", async () => {
    await expect(core.codes.read(await challenged(undefined, { secret: server.backup.secret }))).resolves.toMatchObject({ digits: "318402" });
  });

  test("gives other digits for a wrong PIN, and says nothing of it", async () => {
    const request = await core.codes.read(await challenged());
    const [right, wrong] = [await core.codes.make({ request }, { pin: goodPin }), await core.codes.make({ request }, { pin: "8315" })];
    expect(wrong).toMatch(/^[0-9]{8}$/);
    expect(wrong).not.toBe(right);
  });

  test("is not taken from anybody but read", async () => {
    const request: OfflineRequest = { ...(await core.codes.read(await challenged())) };
    await expect(core.codes.make({ request }, { pin: goodPin })).rejects.toThrow(TypeError);
  });

  test.each([
    ["of another server", "offline_code.elsewhere", (s: Record<string, unknown>) => { s["aud"] = b64u(random(16)); }],
    ["for another phone of the user", "offline_code.not_here", (s: Record<string, unknown>) => { s["keys"] = [b64u(random(32))]; }],
    ["for another user", "offline_code.not_here", (s: Record<string, unknown>) => { s["user"] = b64u(random(16)); }],
    ["without a challenge", "offline_code.kind", (s: Record<string, unknown>) => { delete s["challenge"]; }],
    ["of another kind", "offline_code.kind", (s: Record<string, unknown>) => { delete s["challenge"]; s["kind"] = "password_change"; }],
    ["of a text that it lacks", "offline_code.kind", (s: Record<string, unknown>) => { s["kind"] = "confirm"; }],
    ["of a kind from the future", "offline_code.kind", (s: Record<string, unknown>) => { s["kind"] = "payment"; }],
    ["with a challenge that is none", "offline_code.kind", (s: Record<string, unknown>) => { s["challenge"] = "31840"; }],
    ["of yesterday", "offline_code.old", (s: Record<string, unknown>) => { s["iat"] = server.now - 86_400_000; s["exp"] = server.now - 86_100_000; }],
  ])("%s is refused", async (_, refusal, change) => {
    await expect(core.codes.read(await challenged(change))).rejects.toMatchObject(fault(refusal));
    expect(asked).not.toHaveBeenCalled();
  });

  test("that a stranger signed in the server's name is refused", async () => {
    const stranger = await signingPair();
    await expect(core.codes.read(await challenged(undefined, { secret: stranger.secret }))).rejects.toMatchObject(fault("offline_code.forged"));
  });

  test("that was changed after it was signed is refused", async () => {
    const [header = "", payload = "", signature = ""] = (await challenged()).split(".");
    const changed = JSON.parse(Buffer.from(payload, "base64url").toString()) as Record<string, unknown>;
    changed["place"] = "Your own kitchen";
    const jws = [header, Buffer.from(JSON.stringify(changed)).toString("base64url"), signature].join(".");
    await expect(core.codes.read(jws)).rejects.toMatchObject(fault("offline_code.forged"));
  });

  test("another kind of signed message is no statement", async () => {
    const receipt = await server.receipt(key);
    expect([isStatementText(receipt), isStatementText(await challenged())]).toEqual([false, true]);
    for (const text of [receipt, "", "318402", "https://phone.example/a#c=1", `${await challenged()}.x`, "a.b.c", `${await challenged()}${"A".repeat(800)}`]) {
      await expect(core.codes.read(text), text).rejects.toMatchObject(fault("code.other"));
    }
  });

  test.each([["slow", -600_000, false], ["fast", 600_000, true]])("with a clock ten minutes %s is answered still", async (_, off, late) => {
    const jws = await challenged();
    await offline({ wall: () => server.now + off });
    const request = await core.codes.read(jws);
    expect(request.late).toBe(late);
    expect(await core.codes.make({ request }, { pin: goodPin })).toBe(await expected(key, key.vpin, "318402", jws));
  });

  test("names the key among several users", async () => {
    const online = await openCoreIn(surroundings(server));
    await another(server, online, 0);
    const jonas = await another(server, online, 1);
    const jws = await server.statement(jonas, (s) => Object.assign(s, { challenge: "000042" }));
    const request = await online.codes.read(jws);
    expect([request.keyId, request.who]).toEqual([jonas.keyId, "User 1"]);
    expect(await online.codes.make({ request }, { pin: goodPin })).toBe(await expected(jonas, jonas.vpin, "000042", jws));
  });

  test("of a user who was removed here is for nobody here", async () => {
    const online = await openCoreIn({ ...here, fetch: server.fetch });
    await online.removeUser(key.keyId);
    await another(server, online, 3); // of the same server
    await expect(online.codes.read(await challenged())).rejects.toMatchObject(fault("offline_code.not_here"));
  });
});

describe("six digits typed without a connection", () => {
  test("are answered with the digits that the server computes", async () => {
    expect(await core.codes.make({ keyId: key.keyId, digits: "007007" }, { pin: goodPin })).toBe(await expected(key, key.vpin, "007007"));
    expect(asked).not.toHaveBeenCalled();
  });

  test("a PIN is one in any writing", async () => {
    const wide = await core.codes.make({ keyId: key.keyId, digits: "318402" }, { pin: "７２９４" });
    expect(wide).toBe(await core.codes.make({ keyId: key.keyId, digits: "318402" }, { pin: goodPin }));
  });

  test("that are not six digits, or of a key that is gone, are refused", async () => {
    for (const digits of ["31840", "3184022", "31840x", ""]) {
      await expect(core.codes.make({ keyId: key.keyId, digits }, { pin: goodPin })).rejects.toThrow(TypeError);
    }
    await expect(core.codes.make({ keyId: "nobody", digits: "318402" }, { pin: goodPin })).rejects.toMatchObject(fault("key.removed"));
  });
});

describe("a phone with biometrics", () => {
  let authenticator: FakeAuthenticator;
  async function biometric(how: { pin?: string; biometric: boolean }): Promise<void> {
    server = await FakeServer.start();
    authenticator = new FakeAuthenticator();
    here = surroundings(server, { authenticator });
    key = (await activated(server, here, how)).key;
    await offline({ authenticator });
  }

  test("answers by them, through the authenticator's PRF", async () => {
    await biometric({ biometric: true });
    expect(core.codes.factors(key.keyId)).toEqual({ pin: false, biometric: true });
    const jws = await challenged();
    const code = await core.codes.make({ request: await core.codes.read(jws) }, { biometric: true });
    expect(code).toBe(await expected(key, key.vprf, "318402", jws));
    expect(asked).not.toHaveBeenCalled();
    await expect(core.codes.make({ keyId: key.keyId, digits: "318402" }, { pin: goodPin })).rejects.toMatchObject(fault("offline_code.factor"));
  });

  test("answers by either, with other digits", async () => {
    await biometric({ pin: goodPin, biometric: true });
    expect(core.codes.factors(key.keyId)).toEqual({ pin: true, biometric: true });
    const subject = { keyId: key.keyId, digits: "318402" };
    const [byPin, byFinger] = [await core.codes.make(subject, { pin: goodPin }), await core.codes.make(subject, { biometric: true })];
    expect([byPin, byFinger]).toEqual([await expected(key, key.vpin, "318402"), await expected(key, key.vprf, "318402")]);
    expect(byPin).not.toBe(byFinger);
  });

  test("that the person takes back makes no code", async () => {
    await biometric({ biometric: true });
    authenticator.cancels = true;
    await expect(core.codes.make({ keyId: key.keyId, digits: "318402" }, { biometric: true })).rejects.toMatchObject(fault("biometric.cancelled"));
  });

  test("without a PRF asks for the PIN, which it cannot do without", async () => {
    class Plain extends FakeAuthenticator {
      override async create(...wish: Parameters<FakeAuthenticator["create"]>): ReturnType<FakeAuthenticator["create"]> {
        return { registration: (await super.create(...wish)).registration };
      }
    }
    server = await FakeServer.start();
    here = surroundings(server, { authenticator: new Plain() });
    key = (await activated(server, here, { pin: goodPin, biometric: true })).key;
    await offline();
    expect(core.codes.factors(key.keyId)).toEqual({ pin: true, biometric: false });
    await expect(core.codes.make({ keyId: key.keyId, digits: "318402" }, { biometric: true })).rejects.toMatchObject(fault("offline_code.factor"));

    server = await FakeServer.start();
    here = surroundings(server, { authenticator: new Plain() });
    await expect(activated(server, here, { biometric: true })).rejects.toMatchObject(fault("biometric.pin_too"));
  });

  test("that are switched off in the phone's settings asks for the PIN", async () => {
    await biometric({ pin: goodPin, biometric: true });
    authenticator.present = false;
    await offline({ authenticator });
    expect(core.codes.factors(key.keyId)).toEqual({ pin: true, biometric: false });
  });

  test("asks the PRF for what it was asked at activation", async () => {
    await biometric({ biometric: true });
    await core.codes.make({ keyId: key.keyId, digits: "318402" }, { biometric: true });
    const [first, again] = authenticator.salts;
    expect(authenticator.salts).toHaveLength(2);
    expect(again).toEqual(first);
  });
});
