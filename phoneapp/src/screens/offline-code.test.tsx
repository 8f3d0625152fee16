// @vitest-environment happy-dom
// @vitest-environment-options { "url": "https://phone.aldermere.example/" }
import { afterEach, describe, expect, test, vi } from "vitest";
import { b64u, utf8 } from "../core/bytes";
import { formatCode } from "../core/codes";
import { PhoneFault } from "../core/contract";
import { approvalOf, requestOf, userOf } from "../preview-core";
import type { Scanner } from "../scan/scan";
import type { Scan } from "../ui/app-context";
import { stage, type Stage } from "./stage";

/** Looks like a statement; what it says is the core's business. */
const statement = `${b64u(utf8('{"alg":"ES256","typ":"nodkey-statement+jws"}'))}.${b64u(utf8("{}"))}.AAAA`;
const link = `https://phone.aldermere.example/a#c=${formatCode("7K29QX4VHR3TW5Z").join("")}&f=AAAAAAAAAAAAAAAAAAAAAA`;

/** A camera that sees what the test shows it. */
function camera() {
  let see: (text: string) => void = () => undefined;
  const scanner: Scanner = {
    cameras: [], camera: "1", facing: "rear", torch: false, zoom: undefined,
    setTorch: () => Promise.resolve(), setZoom: () => Promise.resolve(), change: () => Promise.resolve(), stop: () => undefined,
  };
  const scan: Scan = {
    openScanner: (_video, found) => {
      see = found;
      return Promise.resolve(scanner);
    },
    scanFrom: () => Promise.resolve(statement),
  };
  return { scan: () => Promise.resolve(scan), show: (text: string) => see(text) };
}

const jonas = userOf({ keyId: "k2", userId: "u2", name: "jweber", displayName: "Jonas Weber" });

/** Home, with one user unless others are named. */
async function home(options: Parameters<typeof stage>[0] = {}, users = [userOf()]): Promise<Stage> {
  return stage({
    ...options,
    prepare: (core, draft) => {
      core.set({ users });
      options.prepare?.(core, draft);
    },
  });
}

/** Scans with no connection, up to the question. */
async function scanned(options: Parameters<typeof stage>[0] = {}): Promise<Stage> {
  const { scan, show } = camera();
  const on = await home({ ...options, scan });
  on.core.connect(false, on.clock.now);
  await on.settle();
  await on.click("#offline-code");
  await on.click("#scan");
  await on.change(() => show(statement));
  return on;
}

async function withPin(on: Stage, pin = "q7#fx"): Promise<void> {
  await on.click("#confirm");
  await on.type("#pin", pin);
  await on.click("#confirm");
}

afterEach(() => vi.useRealTimers());

const shownCode = (on: Stage): string | null => on.get("#code").textContent;

describe("the way to a code", () => {
  test("starts on the first page, and is the main deed there without a connection", async () => {
    const on = await home();
    expect(on.get("#offline-code").classList).not.toContain("button-main");
    await on.change(() => on.core.connect(false, on.clock.now));
    expect(on.get("#offline-code").classList).toContain("button-main");
    expect(document.querySelectorAll(".button-main")).toHaveLength(1);
    await on.click("#offline-code");
    expect(on.screen()).toBe("offline-code");
  });

  test("is not there for users who are removed, and leads home for them", async () => {
    const on = await home({}, [userOf({ state: "removed" })]);
    expect(on.has("#offline-code")).toBe(false);
    expect((await home({ route: { screen: "offline-code" } }, [userOf({ state: "removed" })])).screen()).toBe("home");
  });

  test("is offered when an answer could not be sent", async () => {
    const on = await home({
      route: { screen: "fault" },
      prepare: (_, draft) => {
        draft.trouble = { key: "offline", args: {}, during: "approval" };
      },
    });
    await on.click("#offline-code");
    expect(on.screen()).toBe("offline-code");
  });

  test.each(["offline-digits", "offline-ask", "offline-pin"] as const)("%s without a subject starts over", async (screen) => {
    expect((await home({ route: { screen } })).screen()).toBe("offline-code");
  });

  test("a result that is no longer there leads home", async () => {
    expect((await home({ route: { screen: "offline-result" } })).screen()).toBe("home");
  });
});

describe("a scanned request", () => {
  test("is shown, confirmed, and answered with eight digits", async () => {
    const on = await scanned();
    expect(on.core.calls).toEqual([`read ${statement}`]);
    expect(on.screen()).toBe("offline-ask");
    for (const piece of ["Aldermere Client Portal", "Mara Lindqvist", "Hamburg, Germany", "203.0.113.24", "Firefox on Windows", "today, 14:31"]) {
      expect(on.text()).toContain(piece);
    }
    expect(on.text()).not.toContain("cannot see what the digits are for");
    await on.click("#confirm");
    expect(on.text()).toContain("A wrong PIN makes a wrong code, and this phone cannot tell.");
    await on.type("#pin", "q7#fx");
    await on.click("#confirm");
    expect(on.core.calls.at(-1)).toBe("make scanned a1 q7#fx");
    expect(on.screen()).toBe("offline-result");
    expect(shownCode(on)).toBe("48271960");
    expect(on.get(".digits-panel .spoken").textContent).toBe("4 8 2 7 1 9 6 0");
    expect(on.text()).toContain("4:18");
    expect(on.text()).not.toContain("You typed the digits by hand.");
  });

  test("stays after its time, and says so", async () => {
    vi.useFakeTimers();
    const on = await scanned();
    await withPin(on);
    on.clock.now += 300_000;
    await on.change(() => vi.advanceTimersByTime(1000));
    expect(shownCode(on)).toBe("48271960");
    expect(on.text()).toContain("The time for this code is over.");
  });

  test("is gone with the screen, and nothing of it is in the way back", async () => {
    const on = await scanned();
    await withPin(on);
    expect([on.nav.depth, JSON.stringify(on.nav.route)]).toEqual([0, '{"screen":"offline-result"}']);
    await on.click("#done");
    expect([on.screen(), on.draft.answer]).toEqual(["home", undefined]);
    await on.change(() => on.nav.go({ screen: "offline-result" })); // as the forward button does
    expect(on.screen()).toBe("home");
    expect(document.body.textContent).not.toContain("4827");
  });

  test("can be followed by other digits", async () => {
    const on = await scanned();
    await withPin(on);
    await on.click("#other-digits");
    expect([on.screen(), on.draft.answer]).toEqual(["offline-code", undefined]);
  });

  test.each([[{ known: false }, "Not a browser we know."], [{ late: true }, "By this phone’s clock this request is over."]])("warns: %j", async (change, words) => {
    const on = await scanned({ prepare: (core) => { core.request = requestOf(core.now(), change); } });
    expect(on.text()).toContain(words);
    expect((await scanned()).text()).not.toContain(words);
  });

  test("about a text of an application's shows it whole, and asks for a yes to it", async () => {
    const on = await scanned({ prepare: (core) => { core.request = requestOf(core.now(), { kind: "confirm", app: "Aldermere Till", text: "Pay 250.00 EUR to Anna" }); } });
    expect(on.get("h1").textContent).toBe("Do you agree to this?");
    expect(on.get("#supplied").textContent).toBe("Text from Aldermere TillPay 250.00 EUR to Anna");
    expect(on.text()).toContain("Asked by");
  });

  test("that is not one's own is answered with nothing", async () => {
    const on = await scanned();
    await on.click("#deny");
    expect(on.error()).toBe("offline_code.not_me");
    expect(on.core.calls.filter((call) => call.startsWith("make"))).toEqual([]);
  });

  test.each([
    ["offline_code.elsewhere", "from another server"], ["offline_code.forged", "is not genuine"], ["offline_code.not_here", "another user or another phone"],
    ["offline_code.kind", "asks for nothing that a code answers"], ["offline_code.old", "ended long ago"],
  ])("%s is told, and the camera goes on", async (key, words) => {
    const { scan, show } = camera();
    const on = await home({ route: { screen: "offline-scan" }, scan });
    on.core.fault = new PhoneFault(key);
    await on.change(() => show(statement));
    expect(on.screen()).toBe("offline-scan");
    expect(on.get("[data-note]").getAttribute("data-note")).toBe(key);
    expect(on.text()).toContain(words);
    on.core.connect(false, on.clock.now);
    await on.change(() => show(statement));
    expect(on.screen()).toBe("offline-ask");
  });

  test("of a key that can make no code says what can be done", async () => {
    const on = await scanned({ prepare: (core) => { core.codeFactors = { pin: false, biometric: false }; } });
    expect(on.error()).toBe("offline_code.factor");
    expect(on.text()).toContain("Go online and answer the request");
  });
});

describe("with a connection", () => {
  test("a scanned request that is open there is opened like any other", async () => {
    const { scan, show } = camera();
    const on = await home({ route: { screen: "offline-scan" }, scan });
    on.core.set({ approvals: [approvalOf(on.clock.now)] });
    await on.change(() => show(statement));
    expect(on.core.calls).toEqual([`read ${statement}`, "refresh"]);
    expect(on.screen()).toBe("approval");
    expect(on.nav.route).toEqual({ screen: "approval", id: "a1" });
  });

  test("one that is not open there, or a server that does not answer, leaves the code", async () => {
    for (const fault of [undefined, new PhoneFault("offline"), new PhoneFault("unavailable")]) {
      const { scan, show } = camera();
      const on = await home({ route: { screen: "offline-scan" }, scan });
      on.core.refresh = () => (fault === undefined ? Promise.resolve() : Promise.reject(fault));
      await on.change(() => show(statement));
      expect(on.screen()).toBe("offline-ask");
    }
  });
});

describe("another square code", () => {
  test("that activates a phone says where to go, and asks nobody", async () => {
    const { scan, show } = camera();
    const on = await home({ route: { screen: "offline-scan" }, scan });
    for (const text of [link, link.replace("7K2", "7K3")]) {
      await on.change(() => show(text));
      expect(on.text()).toContain("This square code activates a phone.");
      expect(on.text()).toContain("open Two-Factor Authentication, then Add User");
    }
    await on.change(() => show("https://elsewhere.example/"));
    expect(on.text()).toContain("This square code is not from this portal.");
    await on.change(() => show(link.replace("phone.", "phone.evil.")));
    expect(on.text()).toContain("This square code is not from this portal.");
    expect(on.core.calls).toEqual([]);
  });

  test("a request scanned where phones are activated says where to go", async () => {
    const { scan, show } = camera();
    const on = await home({ route: { screen: "scan" }, scan });
    await on.change(() => show(statement));
    expect(on.text()).toContain("This square code is for signing in without a connection.");
    expect(on.text()).toContain("open Code without connection");
    expect(on.core.calls).toEqual([]);
    const first = camera();
    const empty = await stage({ route: { screen: "scan" }, scan: first.scan });
    await empty.change(() => first.show(statement));
    expect(empty.text()).toContain("This phone has to be activated first");
  });
});

describe("typed digits", () => {
  async function typed(on: Stage, digits: string): Promise<void> {
    await on.click("#offline-code");
    await on.click("#type");
    await on.type("#digits", digits);
    await on.click("#continue");
  }

  test("are answered after saying that nothing is known of them", async () => {
    const on = await home();
    await typed(on, "318 402");
    expect(on.screen()).toBe("offline-ask");
    expect(on.text()).toContain("This phone cannot see what the digits are for. Go on only if you are signing in on that page yourself and its address is right.");
    await withPin(on);
    expect(on.core.calls).toEqual(["make typed k1 318402 q7#fx"]);
    expect(shownCode(on)).toBe("48271960");
    expect(on.text()).toContain("You typed the digits by hand.");
    expect(on.has(".digits-left")).toBe(false);
  });

  test("are six, in any writing", async () => {
    const on = await home();
    await typed(on, "31840");
    expect(on.screen()).toBe("offline-digits");
    expect(on.text()).toContain("Type all six digits that the page shows.");
    await on.type("#digits", "３１８-４０２");
    expect((on.get("#digits") as HTMLInputElement).value).toBe("318402");
  });

  test("are for one of several users, who is asked for", async () => {
    const on = await home({}, [userOf(), jonas, userOf({ keyId: "k3", state: "removed" })]);
    await on.click("#offline-code");
    await on.click("#type");
    expect(on.screen()).toBe("offline-user");
    expect(document.querySelectorAll(".row")).toHaveLength(2);
    await on.click('[data-approval="k2"]');
    expect(on.text()).toContain("This phone answers for Jonas Weber.");
    await on.type("#digits", "318402");
    await on.click("#continue");
    expect(on.text()).toContain("Jonas Weber");
    await withPin(on);
    expect(on.core.calls).toEqual(["make typed k2 318402 q7#fx"]);
  });

  test("a PIN that can be none costs no try", async () => {
    const on = await home();
    await typed(on, "318402");
    await withPin(on, "");
    expect(on.text()).toContain("Type your PIN.");
    await on.type("#pin", "123");
    await on.click("#confirm");
    expect(on.text()).toContain("A PIN has 4 to 6 characters.");
    expect(on.core.calls).toEqual([]);
  });

  test("biometrics confirm them where they can, and a cancelled finger stays", async () => {
    const on = await home({ drawing: "ios" }, [userOf({ biometric: true })]);
    await typed(on, "318402");
    on.core.fault = new PhoneFault("biometric.cancelled");
    await on.click("#confirm");
    expect([on.screen(), on.error()]).toEqual(["offline-ask", "biometric.cancelled"]);
    await on.click("#confirm");
    expect(on.core.calls.at(-1)).toBe("make typed k1 318402 biometric");
    expect(on.text()).not.toContain("the PIN was wrong");
  });
});

describe.each(["de", "ja"] as const)("in %s", (language) => {
  test("every screen has its sentences", async () => {
    const strange = /\{\{|undefined|\b(the page|phone|digits)\b/;
    const on = await scanned({ language });
    expect(on.text()).not.toMatch(strange);
    await on.click("#confirm");
    expect(on.text()).not.toMatch(strange);
    await on.type("#pin", "q7#fx");
    await on.click("#confirm");
    expect(on.text()).not.toMatch(strange);
    await on.click("#other-digits");
    expect(on.text()).not.toMatch(strange);
    await on.click("#type");
    expect(on.text()).not.toMatch(strange);
    await on.type("#digits", "318402");
    await on.click("#continue");
    expect(on.text()).not.toMatch(strange);
  });
});
