import { beforeEach, describe, expect, test } from "vitest";
import type { Approval, Core, PhoneUser } from "./contract";
import { openCoreIn } from "./core";
import { assertionChallenge } from "./derive";
import { activated, FakeAuthenticator, fault, goodPin, surroundings } from "./fake-phone";
import { FakeServer, signingPair, type ActiveKey } from "./fake-server";
import { signingInput } from "./jws";
import { readFor } from "./statement";
import { Store, type KeyRecord } from "./store";

let server: FakeServer;
let core: Core;
let user: PhoneUser;
let key: ActiveKey;
let authenticator: FakeAuthenticator;

beforeEach(async () => {
  server = await FakeServer.start();
  authenticator = new FakeAuthenticator();
  ({ core, user, key } = await activated(server, { authenticator }, { pin: goodPin, biometric: true }));
});

async function shown(change?: (statement: Record<string, unknown>) => void): Promise<Approval> {
  await server.statement(key, change);
  await core.refresh();
  const [approval] = core.approvals();
  if (!approval) throw new Error("nothing is shown");
  return approval;
}

describe("a statement", () => {
  test("is shown with what is in it", async () => {
    expect(await shown((s) => (s["number"] = true))).toMatchObject({
      keyId: user.keyId,
      kind: "sign_in",
      app: "Aldermere Client Portal",
      who: "Mara Lindqvist",
      address: "203.0.113.24",
      known: false,
      number: true,
      expiresAt: server.now + 180_000,
      factors: { pin: true, biometric: true },
    });
  });

  test("stays the same object while it stays open", async () => {
    const approval = await shown();
    let told = 0;
    core.on("approvals", () => told++);
    await core.refresh();
    expect(core.approvals()[0]).toBe(approval);
    expect(told).toBe(0);
  });

  const refused: [string, (statement: Record<string, unknown>) => void][] = [
    ["has expired", (s) => (s["exp"] = server.now)],
    ["names another user", (s) => (s["user"] = "somebody")],
    ["names other keys only", (s) => (s["keys"] = ["A".repeat(43)])],
    ["is for another server", (s) => (s["aud"] = "another")],
    ["has a member that is not known", (s) => (s["more"] = 1)],
    ["has null for an absent member", (s) => (s["place"] = null)],
    ["is of a kind that there is not", (s) => (s["kind"] = "transfer")],
    ["adds a key without naming it", (s) => (s["kind"] = "key_add")],
    ["removes a phone without naming it", (s) => (s["kind"] = "key_remove")],
    ["changes a PIN that it does not ask about", (s) => Object.assign(s, { kind: "test", es: server.signing.point })],
    ["tests with a key to add", (s) => Object.assign(s, { kind: "test", newKey: { id: "x", name: "y" } })],
    ["tests with a phone to remove", (s) => Object.assign(s, { kind: "test", item: "Old phone" })],
    ["tests two keys", (s) => Object.assign(s, { kind: "test", keys: [key.keyId, "A".repeat(43)] })],
    ["checks the PIN, which is the phone's own business", (s) => (s["kind"] = "pin_check")],
    ["turns its text around", (s) => (s["text"] = "pay \u202e001")],
    ["wants a yes to no text", (s) => (s["kind"] = "confirm")],
    ["wants a yes to an empty text", (s) => Object.assign(s, { kind: "confirm", text: "" })],
    ["tests with a text", (s) => Object.assign(s, { kind: "test", text: "Pay 1 EUR" })],
    ["changes a password with a text", (s) => Object.assign(s, { kind: "password_change", text: "Pay 1 EUR" })],
    ["breaks the line in a name", (s) => (s["app"] = "Bank\nfrom: you")],
    ["has a text of more than 200 characters", (s) => (s["text"] = "x".repeat(201))],
    ["is longer than a QR code holds", (s) => (s["app"] = "x".repeat(600))],
  ];
  test.each(refused)("that %s is not shown", async (_, change) => {
    await server.statement(key, change);
    await core.refresh();
    expect(core.approvals()).toEqual([]);
  });

  test.each([
    ["another typ", { typ: "nodkey-receipt+jws" }],
    ["no typ", { typ: undefined }],
    ["a member that is not expected", { exp: 1 }],
    ["a key of its own", { jwk: {} }],
    ["a key id", { kid: "x" }],
  ])("with %s in its header is not shown", async (_, header) => {
    await server.statement(key, undefined, { header });
    await core.refresh();
    expect(core.approvals()).toEqual([]);
  });

  test.each(["none", "HS256"])("under alg %s is not shown", async (alg) => {
    const here = surroundings(server);
    const [record] = await keysOf(here.database);
    const [, payload = "", signature = ""] = (await server.statement(key)).split(".");
    const header = Buffer.from(JSON.stringify({ alg, typ: "nodkey-statement+jws" })).toString("base64url");
    for (const last of [signature, ""]) {
      expect(await readFor(`${header}.${payload}.${last}`, record ? [record] : [], server.now)).toBeUndefined();
    }
  });

  test("signed by a stranger is not shown, by the backup key it is", async () => {
    await server.statement(key, undefined, { secret: (await signingPair()).secret });
    await core.refresh();
    expect(core.approvals()).toEqual([]);
    await server.statement(key, undefined, { secret: server.backup.secret });
    await core.refresh();
    expect(core.approvals()).toHaveLength(1);
  });

  test("expires by the server's clock on a phone whose clock is wrong", async () => {
    const fast = surroundings(server, { wall: () => server.now + 600_000 });
    const other = await activated(server, { ...fast });
    await server.statement(other.key);
    await other.core.refresh();
    expect(other.core.approvals()).toMatchObject([{ expiresAt: server.now + 600_000 + 180_000 }]);
  });

  async function keysOf(database: string): Promise<KeyRecord[]> {
    await openCoreIn(surroundings(server, { database }));
    return (await Store.open(database)).keys();
  }
});

describe("a yes", () => {
  test("by PIN is signed over the statement and proved", async () => {
    const approval = await shown((s) => (s["number"] = true));
    const outcome = await core.approve(approval, { number: "４7", pin: goodPin });
    expect(outcome).toEqual({ state: "approved", at: server.now });
    expect(server.decisions).toMatchObject([{ id: approval.id, verdict: "yes", factor: "pin", number: "47", key: user.keyId, aud: server.id }]);
    expect(core.approvals()).toEqual([]);
    expect(core.past()).toMatchObject([{ id: approval.id, state: "approved", app: approval.app }]);
  });

  test("with a wrong PIN leaves the approval open and says how many tries are left", async () => {
    const approval = await shown();
    await expect(core.approve(approval, { pin: "0000" })).rejects.toMatchObject(fault("pin.wrong", { left: 4 }));
    expect(core.approvals()).toEqual([approval]);
    expect(core.past()).toEqual([]);
    await expect(core.approve(approval, { pin: goodPin })).resolves.toMatchObject({ state: "approved" });
  });

  test("with a wrong number is a no", async () => {
    const approval = await shown((s) => (s["number"] = true));
    expect(await core.approve(approval, { number: "99", pin: goodPin })).toMatchObject({ state: "denied", cause: "wrong_number" });
    expect(core.past()).toMatchObject([{ state: "denied" }]);
  });

  test("by biometric signs the decision's own challenge", async () => {
    const approval = await shown();
    expect(await core.approve(approval, { biometric: true })).toMatchObject({ state: "approved" });
    const sent = server.bodies.find((one) => one.path.endsWith("/decision"))?.text ?? "";
    const body = JSON.parse(sent) as { decision: string; assertion: unknown; pinProof?: unknown };
    expect(authenticator.challenges).toEqual([await assertionChallenge(signingInput(body.decision))]);
    expect(body).toHaveProperty("assertion.signature");
    expect(body).not.toHaveProperty("pinProof");
  });

  test("that the finger was withheld from sends nothing", async () => {
    const approval = await shown();
    authenticator.cancels = true;
    await expect(core.approve(approval, { biometric: true })).rejects.toMatchObject(fault("biometric.cancelled"));
    expect(server.decisions).toEqual([]);
    expect(core.approvals()).toEqual([approval]);
  });

  test("needs a number exactly where the statement asks for one", async () => {
    const approval = await shown((s) => (s["number"] = true));
    await expect(core.approve(approval, { pin: goodPin })).rejects.toThrow(TypeError);
    expect(server.decisions).toEqual([]);
  });

  test("never carries the PIN, and no two proofs are alike", async () => {
    const approval = await shown();
    await expect(core.approve(approval, { pin: "8315" })).rejects.toMatchObject(fault("pin.wrong"));
    await core.approve(approval, { pin: "7294" });
    const sent = server.bodies.filter((one) => one.path.endsWith("/decision")).map((one) => one.text);
    expect(sent.join()).not.toMatch(/8315|7294/);
    const proofs = sent.map((text) => (JSON.parse(text) as { pinProof: { epk: string } }).pinProof.epk);
    expect(new Set(proofs).size).toBe(proofs.length);
  });

  test("whose answer got lost is asked for again with the same bytes", async () => {
    const approval = await shown();
    let broken = 1;
    server.after = (path, answer) => {
      if (path.endsWith("/decision") && broken-- > 0) throw new TypeError("connection");
      return answer;
    };
    expect(await core.approve(approval, { pin: goodPin })).toMatchObject({ state: "approved" });
    expect(server.decisions).toHaveLength(1);
  });

  test("whose answers got lost twice is still known when the person tries again", async () => {
    const approval = await shown();
    server.after = () => {
      throw new TypeError("connection");
    };
    await expect(core.approve(approval, { pin: goodPin })).rejects.toMatchObject(fault("offline"));
    server.after = (_, answer) => answer;
    server.now += 1; // a decision of another moment is another decision
    expect(await core.approve(approval, { pin: goodPin })).toMatchObject({ state: "approved" });
    expect(server.decisions).toHaveLength(1);
  });

  test("that comes too late says what became of it and is taken from the list", async () => {
    const approval = await shown();
    server.open.clear();
    await expect(core.approve(approval, { pin: goodPin })).rejects.toMatchObject(fault("approval.expired"));
    expect(core.approvals()).toEqual([]);
    expect(core.past()).toEqual([]);
  });
});

test("a no carries its reason and asks for no factor", async () => {
  const approval = await shown();
  expect(await core.deny(approval, "not_me")).toMatchObject({ state: "denied" });
  expect(server.decisions).toMatchObject([{ verdict: "no", reason: "not_me" }]);
  expect(server.decisions[0]).not.toHaveProperty("factor");
  expect(core.past()).toMatchObject([{ state: "denied" }]);
});

test("a yes can be disowned", async () => {
  const approval = await shown();
  await core.approve(approval, { pin: goodPin });
  const [past] = core.past();
  if (!past) throw new Error("nothing is past");
  await core.disown(past);
  expect(server.asked).toContain(`/approvals/${approval.id}/disown`);
});

describe("a changed PIN", () => {
  test("is proved by the old one and counts from then on", async () => {
    await core.changePins([user.keyId], goodPin, "8315");
    const approval = await shown();
    await expect(core.approve(approval, { pin: goodPin })).rejects.toMatchObject(fault("pin.wrong"));
    await expect(core.approve(approval, { pin: "8315" })).resolves.toMatchObject({ state: "approved" });
  });

  test("is not taken without the old one", async () => {
    const before = key.vpin;
    await expect(core.changePins([user.keyId], "0000", "8315")).rejects.toMatchObject(fault("pin.wrong"));
    expect(key.vpin).toBe(before);
    expect(core.approvals()).toEqual([]);
  });

  test("has to keep to the guidelines", async () => {
    await expect(core.changePins([user.keyId], goodPin, "mara")).rejects.toMatchObject(fault("pin.guideline", { fault: "name" }));
    expect(server.asked).not.toContain("/pin");
  });

  test("answers no statement of another kind", async () => {
    const other = await server.statement(key);
    server.after = (path, answer) => (path === "/pin" ? { ...answer, body: { statement: other } } : answer);
    await expect(core.changePins([user.keyId], goodPin, "8315")).rejects.toMatchObject(fault("answer.wrong"));
    expect(server.decisions).toEqual([]);
  });
});

describe("a removed user", () => {
  test("is removed at the server, then here, with what it decided", async () => {
    const approval = await shown();
    await core.approve(approval, { pin: goodPin });
    await core.removeUser(user.keyId);
    expect(key.state).toBe("removed");
    expect([core.users(), core.past(), core.approvals()]).toEqual([[], [], []]);
  });

  test("stays while the server cannot be asked", async () => {
    server.before = () => {
      throw new TypeError("connection");
    };
    await expect(core.removeUser(user.keyId)).rejects.toMatchObject(fault("offline"));
    expect(core.users()).toHaveLength(1);
  });

  test("goes when the server does not know the key any more", async () => {
    server.keys.clear();
    await core.removeUser(user.keyId);
    expect(core.users()).toEqual([]);
  });
});

test("only the newest twenty decisions are kept", async () => {
  for (let i = 0; i < 22; i++) {
    server.now += 1;
    await core.deny(await shown(), "mistake");
  }
  expect(core.past()).toHaveLength(20);
  expect(core.past()[0]?.at).toBe(server.now);
});
