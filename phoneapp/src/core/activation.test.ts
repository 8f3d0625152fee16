import { openDB } from "idb";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { b64u, utf8 } from "./bytes";
import { checkReceipt } from "./activation";
import { openCoreIn } from "./core";
import * as derive from "./derive";
import { activated, code, FakeAuthenticator, fault, goodPin, surroundings } from "./fake-phone";
import { FakeServer, signingPair, signRaw } from "./fake-server";
import { Store, type KeyRecord } from "./store";

let server: FakeServer;
beforeEach(async () => {
  server = await FakeServer.start();
});

const how = { pin: goodPin, biometric: false, phoneName: "Pixel 8" };

describe("an activation", () => {
  test("ends with a key that both sides agree on", async () => {
    const here = surroundings(server);
    const { core, user, key } = await activated(server, here);
    expect(user).toMatchObject({ name: "mara.lindqvist", state: "active", pin: true, biometric: false });
    expect(core.users()).toEqual([user]);
    expect(key.message).toMatchObject({ aud: server.id, pin: true, prf: false, phone: { name: "Pixel 8", platform: "android" } });
    expect(key.vprf).toEqual(new Uint8Array(32));

    const [record] = await (await Store.open(here.database)).keys();
    if (!record) throw new Error("nothing was kept");
    expect(await derive.pinVerifier(record.kp, goodPin, { serverId: server.id, keyId: user.keyId })).toEqual(key.vpin);
    // K is the same key on both sides though neither can read the phone's.
    const mac = new Uint8Array(await crypto.subtle.sign("HMAC", record.ocra, utf8("x")));
    expect(mac).toEqual(new Uint8Array(await crypto.subtle.sign("HMAC", await derive.hmacKey(key.k), utf8("x"))));
  });

  test("keeps no key that a script could read, and no secret beside them", async () => {
    const here = surroundings(server);
    await activated(server, here);
    const record = (await (await Store.open(here.database)).keys())[0] as unknown as Record<string, unknown>;
    const keys = Object.values(record).filter((value) => value instanceof CryptoKey);
    expect(keys).toHaveLength(3);
    for (const key of keys) {
      expect(key.extractable).toBe(false);
      await expect(crypto.subtle.exportKey("jwk", key)).rejects.toThrow();
    }
    expect(Object.keys(record).sort()).toEqual(
      ["activatedAt", "d", "keyId", "kp", "ocra", "pin", "pinned", "point", "prf", "receiptAt", "rpId", "serverId", "state", "submission", "user"],
    );
    const raw = await openDB(here.database);
    expect(await raw.count("pending")).toBe(0);
    raw.close();
  });

  test("does not wait for whether the browser may keep it when space is short", async () => {
    let asked = 0;
    const persist = (): Promise<boolean> => {
      asked++;
      return new Promise(() => undefined); // a question over the page that the person leaves alone
    };
    vi.stubGlobal("navigator", { storage: { persist } });
    try {
      await activated(server);
    } finally {
      vi.unstubAllGlobals();
    }
    expect(asked).toBe(1);
  });

  test("by biometric carries the credential and the PRF's verifier", async () => {
    const authenticator = new FakeAuthenticator();
    const { user, key } = await activated(server, { authenticator }, { biometric: true });
    expect(user).toMatchObject({ pin: false, biometric: true });
    expect(key.message).toMatchObject({ pin: false, prf: true, webauthn: { attestationObject: "AA" } });
    expect(key.vpin).toEqual(new Uint8Array(32));
    expect(key.vprf).not.toEqual(new Uint8Array(32));
  });

  test("by a biometric that cannot make codes asks for a PIN as well, and for the finger once", async () => {
    const authenticator = new FakeAuthenticator();
    authenticator.evaluates = false;
    await server.activation(code);
    const core = await openCoreIn(surroundings(server, { authenticator }));
    const offer = await core.lookup(code);
    const alone = { biometric: true, phoneName: "x" };
    for (let i = 0; i < 2; i++) await expect(core.activate(offer, alone)).rejects.toMatchObject(fault("biometric.pin_too"));
    expect(server.asked).not.toContain("/activations/submit");
    expect(core.users()).toEqual([]);
    const user = await core.activate(offer, { ...alone, pin: goodPin });
    expect(user).toMatchObject({ pin: true, biometric: true });
    const key = server.keys.get(user.keyId);
    expect(key?.message).toMatchObject({ pin: true, prf: false, webauthn: { attestationObject: "AA" } });
    // The credential that the server got is the one that was bound to this key.
    expect(authenticator.salts).toEqual([await derive.prfSalt({ serverId: server.id, keyId: user.keyId })]);
  });

  test("by PIN alone, after a biometric that cannot make codes, leaves that out", async () => {
    const authenticator = new FakeAuthenticator();
    authenticator.evaluates = false;
    await server.activation(code);
    const core = await openCoreIn(surroundings(server, { authenticator }));
    const offer = await core.lookup(code);
    await expect(core.activate(offer, { biometric: true, phoneName: "x" })).rejects.toMatchObject(fault("biometric.pin_too"));
    const user = await core.activate(offer, { pin: goodPin, biometric: false, phoneName: "x" });
    expect(user).toMatchObject({ pin: true, biometric: false });
    expect(server.keys.get(user.keyId)?.message).not.toHaveProperty("webauthn");
  });

  test("that the person's finger was withheld from leaves nothing behind", async () => {
    const authenticator = new FakeAuthenticator();
    authenticator.cancels = true;
    await server.activation(code);
    const core = await openCoreIn(surroundings(server, { authenticator }));
    const offer = await core.lookup(code);
    await expect(core.activate(offer, { biometric: true, phoneName: "x" })).rejects.toMatchObject(fault("biometric.cancelled"));
    expect(server.asked).not.toContain("/activations/submit");
    expect(core.users()).toEqual([]);
  });

  test("refuses a PIN that breaks a guideline before anything is sent", async () => {
    await server.activation(code);
    const core = await openCoreIn(surroundings(server));
    const offer = await core.lookup(code);
    await expect(core.activate(offer, { ...how, pin: "1234" })).rejects.toMatchObject(fault("pin.guideline", { fault: "run" }));
    expect(core.checkPin("１２３４", [])).toContain("run");
    expect(server.asked).not.toContain("/activations/submit");
  });

  test("shows the six digits while they are to be typed, and no longer", async () => {
    server.firstState = "confirm";
    const { core, user, key } = await activated(server);
    expect(user).toMatchObject({ state: "confirm", digits: "482913" });
    key.state = "active";
    await core.refresh();
    expect(core.users()[0]).toMatchObject({ state: "active" });
    expect(core.users()[0]).not.toHaveProperty("digits");
  });

  test.each([
    ["  Mara\u2019s\u202e phone ", "Mara\u2019s phone"],
    ["x".repeat(50), "x".repeat(40)],
    [" ", "Pixel 8"],
  ])("tells the phone's name as the server takes it: %j", async (phoneName, told) => {
    await server.activation(code);
    const core = await openCoreIn(surroundings(server));
    const user = await core.activate(await core.lookup(code), { ...how, phoneName });
    expect(server.keys.get(user.keyId)?.message).toHaveProperty("phone.name", told);
  });

  test("knows a user who is here already", async () => {
    const { core, key } = await activated(server);
    await server.activation("0001 0002 0003 0004 0005", (offer) => (offer["user"] = key.user));
    expect((await core.lookup("00010002000300040005")).alreadyHere).toBe(true);
  });
});

describe("an attempt that broke", () => {
  test("before the server had it is repeated with the same bytes", async () => {
    await server.activation(code);
    const here = surroundings(server);
    const core = await openCoreIn(here);
    const offer = await core.lookup(code);
    server.before = (path) => {
      if (path === "/activations/submit") throw new TypeError("connection");
    };
    await expect(core.activate(offer, how)).rejects.toMatchObject(fault("offline"));
    expect(core.online).toBe(false);
    expect(core.users()).toEqual([]);
    server.before = () => undefined;
    await expect(core.activate(offer, how)).resolves.toMatchObject({ state: "active" });
    expect(core.online).toBe(true);
  });

  test("after the server had it is resumed by typing the same code again", async () => {
    await server.activation(code);
    const here = surroundings(server);
    const first = await openCoreIn(here);
    const offer = await first.lookup(code);
    server.after = () => {
      throw new TypeError("connection");
    };
    await expect(first.activate(offer, how)).rejects.toMatchObject(fault("offline"));
    server.after = (_, answer) => answer;

    const second = await openCoreIn(here);
    const again = await second.lookup(code);
    expect(again.resumes).toBe(true);
    const user = await second.activate(again, { ...how, pin: "8315" });
    expect(user.state).toBe("active");
    expect(server.keys.size).toBe(1);
    const sent = server.bodies.filter((one) => one.path === "/activations/submit").map((one) => one.text);
    expect(sent).toHaveLength(2);
    expect(sent[0]).toBe(sent[1]);
  });

  test("is finished by itself at the next start, and holds no secret meanwhile", async () => {
    await server.activation(code);
    const here = surroundings(server);
    const first = await openCoreIn(here);
    const offer = await first.lookup(code);
    server.before = () => {
      throw new TypeError("connection");
    };
    await expect(first.activate(offer, how)).rejects.toMatchObject(fault("offline"));
    const [pending] = await (await Store.open(here.database)).pending();
    expect(Object.keys(pending ?? {}).sort()).toEqual(["codeId", "key", "mac", "offer", "submission"]);
    expect(JSON.stringify(pending)).not.toContain(goodPin);

    server.before = () => undefined;
    const second = await openCoreIn(here);
    await second.resume();
    expect(second.users()).toMatchObject([{ state: "active" }]);
    expect(await (await Store.open(here.database)).pending()).toEqual([]);
  });

  test("goes on by itself when the server is reached again, and once only when a screen tries at the same time", async () => {
    await server.activation(code);
    const core = await openCoreIn(surroundings(server));
    const offer = await core.lookup(code);
    server.before = () => {
      throw new TypeError("connection");
    };
    await expect(core.activate(offer, how)).rejects.toMatchObject(fault("offline"));
    server.before = () => undefined;
    const told = new Promise<void>((resolve) => core.on("users", resolve));
    const [, tried] = await Promise.all([core.refresh(), core.activate(offer, how)]);
    await told;
    expect(core.users()).toMatchObject([{ state: "active", keyId: tried.keyId }]);
    expect(await core.activate(offer, how)).toMatchObject({ keyId: tried.keyId });
    expect(server.keys.size).toBe(1);
  });

  test("goes on by itself when the person has left the screen", async () => {
    await server.activation(code);
    const core = await openCoreIn(surroundings(server));
    const offer = await core.lookup(code);
    server.before = () => {
      throw new TypeError("connection");
    };
    await expect(core.activate(offer, how)).rejects.toMatchObject(fault("offline"));
    server.before = () => undefined;
    const told = new Promise<void>((resolve) => core.on("users", resolve));
    await core.refresh();
    await told;
    expect(core.users()).toMatchObject([{ state: "active" }]);
  });

  test("is given up when another phone was faster", async () => {
    const activation = await server.activation(code);
    const here = surroundings(server);
    const core = await openCoreIn(here);
    const offer = await core.lookup(code);
    activation.accepted = { digest: "another", receipt: "" };
    await expect(core.activate(offer, how)).rejects.toMatchObject(fault("activation.used"));
    expect(await (await Store.open(here.database)).pending()).toEqual([]);
    expect(core.users()).toEqual([]);
  });
});

describe("an offer is refused", () => {
  async function lookup(fingerprint?: string): Promise<unknown> {
    return (await openCoreIn(surroundings(server))).lookup(code, fingerprint);
  }

  test("when its MAC was flipped", async () => {
    await server.activation(code);
    server.after = (_, answer) => {
      const body = answer.body as { mac: string };
      const mac = (body.mac.startsWith("A") ? "B" : "A") + body.mac.slice(1);
      return { ...answer, body: { ...body, mac } };
    };
    await expect(lookup()).rejects.toMatchObject(fault("offer.mac"));
  });

  test("when its text was changed under the same MAC", async () => {
    const activation = await server.activation(code);
    activation.offer = activation.offer.replace(/\.[^.]+\./, (payload) => payload.replace("A", "B"));
    await expect(lookup()).rejects.toMatchObject(fault("offer.mac"));
  });

  test("when it is not signed by the key that it names", async () => {
    const activation = await server.activation(code);
    const payload = Buffer.from(activation.offer.split(".")[1] ?? "", "base64url").toString();
    const other = await signingPair();
    await server.replaceOffer(activation, await signRaw(other.secret, { typ: "nodkey-offer+jws" }, payload));
    await expect(lookup()).rejects.toMatchObject(fault("offer.signature"));
  });

  test.each([
    ["another typ", { typ: "nodkey-statement+jws" }, (text: string) => text],
    ["a header member that is not expected", { typ: "nodkey-offer+jws", cty: "x" }, (text: string) => text],
    ["a kid", { typ: "nodkey-offer+jws", kid: "x" }, (text: string) => text],
    ["a member twice", { typ: "nodkey-offer+jws" }, (text: string) => text.replace("{", '{"aud":"x",')],
    ["an unknown member", { typ: "nodkey-offer+jws" }, (text: string) => text.replace("{", '{"more":1,')],
  ])("when it has %s", async (_, header, change) => {
    const activation = await server.activation(code);
    const payload = change(Buffer.from(activation.offer.split(".")[1] ?? "", "base64url").toString());
    await server.replaceOffer(activation, await signRaw(server.signing.secret, header, payload));
    await expect(lookup()).rejects.toMatchObject(fault("offer.signature"));
  });

  test("when the scanned fingerprint is of another key", async () => {
    await server.activation(code);
    const right = await derive.fingerprint(Buffer.from(server.signing.point, "base64url"));
    await expect(lookup(right)).resolves.toMatchObject({ user: { name: "mara.lindqvist" } });
    await expect(lookup(b64u(new Uint8Array(16)))).rejects.toMatchObject(fault("offer.fingerprint"));
  });

  test("when it has expired by the server's clock, whatever the phone's says", async () => {
    await server.activation(code, (offer) => (offer["exp"] = server.now - 1));
    const slow = await openCoreIn(surroundings(server, { wall: () => server.now - 3_600_000 }));
    await expect(slow.lookup(code)).rejects.toMatchObject(fault("activation.expired"));
  });

  test("and a mistyped code never leaves the phone", async () => {
    const core = await openCoreIn(surroundings(server));
    await expect(core.lookup("8k2s 9qxn d3vk 5tbv w8n4")).rejects.toMatchObject(fault("code.group", { group: 1 }));
    expect(server.asked).toEqual([]);
  });
});

describe("a receipt is refused", () => {
  async function record(): Promise<KeyRecord> {
    const here = surroundings(server);
    await activated(server, here);
    const [key] = await (await Store.open(here.database)).keys();
    if (!key) throw new Error("nothing was kept");
    return key;
  }

  test.each<[string, (receipt: Record<string, unknown>) => void]>([
    ["names another key", (receipt) => (receipt["key"] = "A".repeat(43))],
    ["names another submission", (receipt) => (receipt["submission"] = b64u(new Uint8Array(32)))],
    ["names another user", (receipt) => (receipt["user"] = "somebody")],
    ["is for another server", (receipt) => (receipt["aud"] = "another")],
    ["has digits with no reason", (receipt) => (receipt["digits"] = "123456")],
    ["asks for digits and has none", (receipt) => (receipt["state"] = "confirm")],
    ["says a state that there is not", (receipt) => (receipt["state"] = "blessed")],
  ])("that %s", async (_, change) => {
    const key = await record();
    const active = server.keys.get(key.keyId);
    if (!active) throw new Error("no such key");
    await expect(checkReceipt(await server.receipt(active), key)).resolves.toMatchObject({ state: "active" });
    await expect(checkReceipt(await server.receipt(active, change), key)).rejects.toMatchObject(fault("receipt.wrong"));
  });

  test("that a stranger signed, while one by the backup key counts", async () => {
    const key = await record();
    const active = server.keys.get(key.keyId);
    if (!active) throw new Error("no such key");
    const payload = Buffer.from((await server.receipt(active)).split(".")[1] ?? "", "base64url").toString();
    const by = async (secret: CryptoKey): Promise<string> => signRaw(secret, { typ: "nodkey-receipt+jws" }, payload);
    await expect(checkReceipt(await by(server.backup.secret), key)).resolves.toBeDefined();
    await expect(checkReceipt(await by((await signingPair()).secret), key)).rejects.toMatchObject(fault("receipt.wrong"));
  });

  test("and the activation then stays unfinished", async () => {
    await server.activation(code);
    const core = await openCoreIn(surroundings(server));
    const offer = await core.lookup(code);
    server.after = (path, answer) => (path === "/activations/submit" ? { ...answer, body: { receipt: "a.b.c" } } : answer);
    await expect(core.activate(offer, how)).rejects.toMatchObject(fault("receipt.wrong"));
    expect(core.users()).toEqual([]);
  });
});

test("a browser that keeps nothing says so", async () => {
  const broken = new Proxy(indexedDB, {
    get: (target, name) => (name === "open" ? () => { throw new DOMException("no", "SecurityError"); } : Reflect.get(target, name) as unknown),
  });
  const real = globalThis.indexedDB;
  globalThis.indexedDB = broken;
  try {
    await expect(openCoreIn(surroundings(server))).rejects.toMatchObject(fault("storage"));
  } finally {
    globalThis.indexedDB = real;
  }
});
