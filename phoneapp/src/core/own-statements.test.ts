import { beforeEach, describe, expect, test } from "vitest";
import type { Core } from "./contract";
import { openCoreIn } from "./core";
import { another, codeOf, fault, goodPin, surroundings } from "./fake-phone";
import { FakeServer, type ActiveKey } from "./fake-server";
import type { Surroundings } from "./surroundings";

const newPin = "8315";
let server: FakeServer;
let here: Surroundings;
let core: Core;
let keys: ActiveKey[];
let ids: string[];
beforeEach(async () => {
  server = await FakeServer.start();
  here = surroundings(server);
  core = await openCoreIn(here);
  keys = [await another(server, core, 0), await another(server, core, 1), await another(server, core, 2)];
  ids = keys.map((key) => key.keyId);
});

function id(i: number): string {
  const found = ids[i];
  if (found === undefined) throw new Error(`there is no key ${i}`);
  return found;
}

/** Breaks the connection at the decisions of these turns, counted from now; before or after the server has them. */
function breakDecisions(when: "before" | "after", broken: (turn: number) => boolean): void {
  let turn = 0;
  const hit = (path: string): void => {
    if (path.endsWith("/decision") && broken(turn++)) throw new TypeError("connection");
  };
  if (when === "before") server.before = hit;
  else
    server.after = (path, answer) => {
      hit(path);
      return answer;
    };
}
const mend = (): void => {
  server.before = () => undefined;
  server.after = (_, answer) => answer;
};

async function holds(i: number, pin: string): Promise<boolean> {
  return core.provePin(id(i), pin).then(
    () => true,
    (cause: unknown) => {
      expect(cause).toMatchObject(fault("pin.wrong"));
      return false;
    },
  );
}

describe("the existing PIN", () => {
  test("is proved by a statement that nobody sees", async () => {
    let told = 0;
    core.on("approvals", () => told++);
    await core.provePin(id(0), goodPin);
    expect(server.decisions).toMatchObject([{ verdict: "yes", factor: "pin", key: id(0) }]);
    expect(server.decisions[0]).not.toHaveProperty("number");
    expect([told, core.approvals(), core.past()]).toEqual([0, [], []]);
  });

  test("that is wrong counts, says how many tries are left, and shows nothing", async () => {
    await expect(core.provePin(id(0), newPin)).rejects.toMatchObject(fault("pin.wrong", { left: 4 }));
    expect(server.open.size).toBe(1); // the server still has the check open
    await core.refresh();
    expect(core.approvals()).toEqual([]);
  });

  test.each(["before", "after"] as const)("whose proof got lost %s the server had it may be proved again", async (when) => {
    breakDecisions(when, () => true);
    await expect(core.provePin(id(0), goodPin)).rejects.toMatchObject(fault("offline"));
    mend();
    await core.provePin(id(0), goodPin);
  });

  test("is not proved by an answer about anything else", async () => {
    const other = await server.statement(keys[0] as ActiveKey);
    server.after = (path, answer) => (path === "/pin/check" ? { ...answer, body: { statement: other } } : answer);
    await expect(core.provePin(id(0), goodPin)).rejects.toMatchObject(fault("answer.wrong"));
    mend();
    server.after = (path, answer) => (path.endsWith("/decision") ? { ...answer, body: { state: "denied" } } : answer);
    await expect(core.provePin(id(0), goodPin)).rejects.toMatchObject(fault("answer.wrong"));
  });

  test("is not proved for several keys at once, nor with a number", async () => {
    for (const spoilt of [{ keys: ids }, { number: true }]) {
      const jws = await server.statement(keys[0] as ActiveKey, (s) => Object.assign(s, { kind: "pin_check", ...spoilt }));
      server.after = (path, answer) => (path === "/pin/check" ? { ...answer, body: { statement: jws } } : answer);
      await expect(core.provePin(id(0), goodPin)).rejects.toMatchObject(fault("answer.wrong"));
    }
    expect(server.decisions).toEqual([]);
  });

  test("of a suspended key tells so in the list", async () => {
    const [key] = keys;
    if (key) key.state = "suspended";
    server.now += 1000;
    await expect(core.provePin(id(0), goodPin)).rejects.toMatchObject(fault("key.suspended"));
    expect(core.users()[0]).toMatchObject({ state: "suspended" });
  });
});

describe("a PIN changed for all", () => {
  test("counts for all", async () => {
    expect(await core.changePins(ids, goodPin, newPin)).toEqual([]);
    for (const i of [0, 1, 2]) expect(await holds(i, newPin)).toBe(true);
    expect(await holds(0, goodPin)).toBe(false);
    expect([core.approvals(), core.past()]).toEqual([[], []]);
  });

  test("is not changed for anybody when the first refuses", async () => {
    await core.changePins([id(0)], goodPin, newPin);
    const before = keys.map((key) => key.vpin);
    await expect(core.changePins(ids, goodPin, "6183")).rejects.toMatchObject(fault("pin.wrong", { left: 4 }));
    expect(keys.map((key) => key.vpin)).toEqual(before);
    expect(server.asked.filter((path) => path === "/pin")).toHaveLength(2);
  });

  test("has to keep to the guidelines of each, before anything is sent", async () => {
    const jan = await another(server, core, 7);
    await server.activation(codeOf(8), (offer) => Object.assign(offer["user"] as object, { name: "zq81x" }));
    const odd = await core.activate(await core.lookup(codeOf(8)), { pin: goodPin, biometric: false, phoneName: "x" });
    await expect(core.changePins([jan.keyId, odd.keyId], goodPin, "zq81")).rejects.toMatchObject(fault("pin.guideline", { fault: "name" }));
    expect(server.asked).not.toContain("/pin");
  });

  test("leaves a user with another PIN as it was, and goes on with the next", async () => {
    await core.changePins([id(1)], goodPin, "6183");
    expect(await core.changePins(ids, goodPin, newPin)).toEqual([id(1)]);
    expect(await holds(0, newPin)).toBe(true);
    expect(await holds(1, "6183")).toBe(true);
    expect(await holds(2, newPin)).toBe(true);
  });

  test("leaves the rest when the connection is lost, without trying them", async () => {
    breakDecisions("before", (turn) => turn > 0);
    expect(await core.changePins(ids, goodPin, newPin)).toEqual([id(1), id(2)]);
    expect(server.asked.filter((path) => path === "/pin")).toHaveLength(2);
    mend();
    expect(await core.changePins([id(1), id(2)], goodPin, newPin)).toEqual([]);
    for (const i of [0, 1, 2]) expect(await holds(i, newPin)).toBe(true);
  });

  test("whose answer got lost is finished by the same wish, and the old PIN costs no try", async () => {
    breakDecisions("after", () => true);
    await expect(core.changePins([id(0)], goodPin, newPin)).rejects.toMatchObject(fault("offline"));
    mend();
    expect(await core.changePins([id(0)], goodPin, newPin)).toEqual([]);
    expect(server.asked.filter((path) => path === "/pin")).toHaveLength(1);
    expect(await holds(0, newPin)).toBe(true);
  });

  test("that never reached the server is asked for anew when it has run out", async () => {
    breakDecisions("before", () => true);
    await expect(core.changePins([id(0)], goodPin, newPin)).rejects.toMatchObject(fault("offline"));
    mend();
    server.open.clear();
    expect(await core.changePins([id(0)], goodPin, newPin)).toEqual([]);
    expect(await holds(0, newPin)).toBe(true);
  });

  test("whose answer got lost is not taken for another wish", async () => {
    breakDecisions("after", () => true);
    await expect(core.changePins([id(0)], goodPin, newPin)).rejects.toMatchObject(fault("offline"));
    mend();
    await expect(core.changePins([id(0)], goodPin, "6183")).rejects.toMatchObject(fault("pin.wrong"));
    expect(await core.changePins([id(0)], newPin, "6183")).toEqual([]);
    expect(await holds(0, "6183")).toBe(true);
  });

  test("asks once of a key that is named twice, and never of one without a PIN", async () => {
    const finger = await another(server, core, 5, { biometric: true });
    expect(await core.changePins([finger.keyId, id(0), id(0)], goodPin, newPin)).toEqual([]);
    expect(server.asked.filter((path) => path === "/pin")).toHaveLength(1);
    expect(await core.changePins([finger.keyId], goodPin, newPin)).toEqual([]);
  });
});

describe("whose PIN is asked for when a user is added", () => {
  const holder = (of: Core = core): string | undefined => of.pinHolder()?.keyId;

  test("is the first's in the person's order", async () => {
    expect(holder()).toBe(id(0));
    await core.reorder([id(2)]);
    expect(holder()).toBe(id(2));
  });

  test("is of somebody who has a PIN and is active", async () => {
    const [key] = keys;
    if (key) key.state = "suspended";
    server.now += 1000;
    await core.refresh();
    expect(holder()).toBe(id(1));
    const finger = await another(server, core, 5, { biometric: true });
    await core.reorder([finger.keyId]);
    expect(holder()).toBe(id(1));
    for (const one of ids) await core.removeUser(one);
    expect(holder()).toBeUndefined();
  });

  test("is not that of a user whom a change missed, also after a new start", async () => {
    await core.changePins([id(0)], goodPin, "6183");
    expect(await core.changePins([id(1), id(0), id(2)], goodPin, newPin)).toEqual([id(0)]);
    expect(holder()).toBe(id(1));
    expect(holder(await openCoreIn(here))).toBe(id(1));
    await core.changePins([id(0)], "6183", newPin);
    expect(holder()).toBe(id(0));
  });

  test("is that of a missed one when there is nobody else", async () => {
    await core.changePins([id(0)], goodPin, "6183");
    await core.changePins([id(1), id(0)], goodPin, newPin);
    await core.removeUser(id(1));
    await core.removeUser(id(2));
    expect(holder()).toBe(id(0));
  });
});

describe("a test request", () => {
  test("is among the open ones at once, and is decided like any other", async () => {
    await server.statement(keys[1] as ActiveKey);
    await core.refresh();
    const approval = await core.test(id(0));
    expect(approval).toMatchObject({ kind: "test", keyId: id(0), number: false });
    expect(core.approvals()[0]).toBe(approval);
    expect(core.approvals()).toHaveLength(2);
    expect(await core.approve(approval, { pin: goodPin })).toMatchObject({ state: "approved" });
    expect(core.past()).toMatchObject([{ kind: "test", keyId: id(0), state: "approved" }]);
    expect(core.approvals()).toMatchObject([{ kind: "sign_in" }]);
  });

  test("takes the place of an older one of the same user only", async () => {
    const old = await core.test(id(0));
    const other = await core.test(id(1));
    const fresh = await core.test(id(0));
    expect(core.approvals()).toEqual([fresh, other]);
    await expect(core.approve(old, { pin: goodPin })).rejects.toMatchObject(fault("approval.expired"));
  });

  test("is not taken away by a list that was asked for before", async () => {
    let answered: () => void = () => undefined;
    const slow = new Promise<void>((resolve) => (answered = resolve));
    const late = await openCoreIn({
      ...here,
      fetch: async (input, init) => {
        const answer = await server.fetch(input, init);
        if (typeof input === "string" && input.endsWith("/approvals")) await slow;
        return answer;
      },
    });
    const list = late.refresh();
    const approval = await late.test(id(0));
    answered();
    await list;
    expect(late.approvals()).toContain(approval);
  });

  test("that is none is refused", async () => {
    const other = await server.statement(keys[0] as ActiveKey);
    server.after = (path, answer) => (path === "/test" ? { ...answer, body: { statement: other } } : answer);
    await expect(core.test(id(0))).rejects.toMatchObject(fault("answer.wrong"));
    expect(core.approvals()).toEqual([]);
  });

  test("that the portal sent is shown as well, and a check of the PIN from anywhere never", async () => {
    await server.statement(keys[0] as ActiveKey, (s) => (s["kind"] = "test"));
    await server.statement(keys[0] as ActiveKey, (s) => (s["kind"] = "pin_check"));
    await core.refresh();
    expect(core.approvals()).toMatchObject([{ kind: "test" }]);
  });
});
