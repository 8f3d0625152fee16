// @vitest-environment happy-dom
import { afterEach, describe, expect, test, vi } from "vitest";
import { approvalOf, pastOf, userOf, type PreviewCore } from "../preview-core";
import { manyMissed, missedOf } from "../preview-push";
import { followTouch } from "../install/touched";
import { moment, stage } from "./stage";

afterEach(() => {
  vi.restoreAllMocks();
});

const prepared = (change: Parameters<PreviewCore["set"]>[0]) => ({ prepare: (core: PreviewCore) => core.set({ users: [userOf()], past: pastOf(moment), ...change }) });

describe("missed requests", () => {
  test("stand among the recent ones with when, from where and the browser, and lead to what to do", async () => {
    const on = await stage(prepared({ missed: [missedOf(moment)] }));
    expect(on.get("#missed-m1").textContent).toBe("Aldermere Client PortalToday, 14:19 · Hamburg, Germany · Firefox on WindowsMissed");
    await on.click("#missed-m1");
    for (const words of ["You missed this request", "It came today, 14:19 and ended without an answer.", "203.0.113.24", "Send the request again", "Somebody knows your password."]) {
      expect(on.text()).toContain(words);
    }
    await on.click("#dismiss");
    expect([on.core.calls, on.screen(), on.has("#missed-m1")]).toEqual([["dismissMissed m1"], "home", false]);
  });

  test("of an application show its text, and say that nothing was agreed to", async () => {
    const text = "Pay 250.00 EUR to Anna Weber";
    const on = await stage(prepared({ missed: [missedOf(moment, { kind: "confirm", app: "Aldermere Till", text })] }));
    expect(on.get("#missed-m1").textContent).toContain("Aldermere Till");
    await on.click("#missed-m1");
    expect(on.get("#supplied").textContent).toBe(`Text from Aldermere Till${text}`);
    for (const words of ["Nothing was agreed to by it.", "Asked by", "If you expected it"]) expect(on.text()).toContain(words);
    expect(on.text()).not.toContain("Somebody knows your password.");
  });

  test("of twenty, three stand there, and all on a page of their own", async () => {
    const on = await stage(prepared({ missed: manyMissed(moment) }));
    expect(["m1", "m2", "m3", "m4"].map((id) => on.has(`#missed-${id}`))).toEqual([true, true, true, false]);
    expect(on.get("#missed-all").textContent).toContain("All 20 missed requests");
    await on.click("#missed-all");
    expect(on.has("#missed-m20")).toBe(true);
    await on.click("#missed-m20");
    expect(on.screen()).toBe("missed");
    await on.click("#dismiss");
    expect([on.screen(), on.has("#missed-m20"), on.has("#missed-m19")]).toEqual(["missed-all", false, true]);
    await on.click("#dismiss-all");
    expect([on.screen(), on.core.missed().length, on.text().includes("Missed")]).toEqual(["home", 0, false]);
  });

  test("name their user where there are several", async () => {
    const on = await stage(prepared({ users: [userOf(), userOf({ keyId: "k2", displayName: "Jonas Brandt" })], missed: [missedOf(moment, { who: "Jonas Brandt" })] }));
    expect(on.get("#missed-m1").textContent).toContain("Today, 14:19 · Jonas Brandt · Hamburg");
  });

  test("that are gone lead home", async () => {
    const on = await stage({ route: { screen: "missed", id: "m1" }, ...prepared({ missed: [missedOf(moment)] }) });
    expect(on.screen()).toBe("missed");
    await on.change(() => on.core.set({ missed: [] }));
    expect(on.screen()).toBe("home");
  });
});

describe("a touched notification", () => {
  test("opens that very request, of several", async () => {
    const on = await stage({ route: { screen: "request", id: "a2" }, ...prepared({ approvals: [approvalOf(moment), approvalOf(moment, { id: "a2", app: "Payroll" })] }) });
    expect([on.screen(), on.text()]).toEqual(["approval", expect.stringContaining("Payroll")]);
    expect(on.draft.number).toBe("");
  });

  test("waits for the server's list, and opens what comes with it", async () => {
    const on = await stage({
      route: { screen: "request", id: "a1" }, prepare: (core) => {
        core.set({ users: [userOf()] });
        core.refresh = () => new Promise(() => undefined);
      },
    });
    expect(on.screen()).toBe("request");
    await on.change(() => on.core.set({ approvals: [approvalOf(moment)] }));
    expect(on.screen()).toBe("approval");
  });

  test("of what is over says so once, on the home screen", async () => {
    const on = await stage({ route: { screen: "request", id: "a9" }, ...prepared({}) });
    await on.settle();
    expect([on.screen(), on.text()]).toEqual(["home", expect.stringContaining("That request is over.")]);
    await on.click("#more");
    await on.click("#back");
    expect([on.screen(), on.text().includes("That request is over.")]).toEqual(["home", false]);
  });

  test("without a connection leads home, where that is said", async () => {
    const on = await stage({
      route: { screen: "request", id: "a9" }, prepare: (core) => {
        core.set({ users: [userOf()] });
        core.connect(false, moment);
        core.refresh = () => Promise.reject(new Error("offline"));
      },
    });
    await on.settle();
    expect([on.screen(), on.text().includes("That request is over."), on.text().includes("No connection since")]).toEqual(["home", false, true]);
  });

  test("leads where nobody is yet, and disturbs nobody who is there", async () => {
    const on = await stage(prepared({ approvals: [approvalOf(moment), approvalOf(moment, { id: "a2" })] }));
    await on.change(() => followTouch({ id: "a1" }, on.nav, on.core));
    expect(on.nav.route).toEqual({ screen: "approval", id: "a1" });
    await on.change(() => on.nav.go({ screen: "confirm", id: "a1" }));
    await on.change(() => followTouch({ id: "a1" }, on.nav, on.core));
    expect(on.nav.route).toEqual({ screen: "approval", id: "a1" }); // the number was not typed yet
    await on.change(() => followTouch({}, on.nav, on.core));
    expect(on.nav.route).toEqual({ screen: "approval", id: "a1" });
    await on.change(() => followTouch({ test: true }, on.nav, on.core));
    expect(on.screen()).toBe("notifications-check");
    on.core.set({ users: [] });
    await on.change(() => followTouch({ id: "a2" }, on.nav, on.core));
    expect(on.screen()).not.toBe("approval");
  });
});

describe("what is seen", () => {
  test("is told of a list, and of a request that opens", async () => {
    const on = await stage(prepared({ approvals: [approvalOf(moment), approvalOf(moment, { id: "a2" })] }));
    expect([...new Set(on.core.sightings)]).toEqual(["a1 shown", "a2 shown"]);
    await on.click("[data-approval=a2]");
    expect(on.core.sightings.at(-1)).toBe("a2 opened");
  });

  test("is not told of a page that is out of sight, until it is looked at", async () => {
    const seen = vi.spyOn(document, "visibilityState", "get").mockReturnValue("hidden");
    const on = await stage(prepared({ approvals: [approvalOf(moment), approvalOf(moment, { id: "a2" })] }));
    expect(on.core.sightings).toEqual([]);
    seen.mockReturnValue("visible");
    await on.change(() => document.dispatchEvent(new Event("visibilitychange")));
    expect(on.core.sightings).toEqual(["a1 shown", "a2 shown"]);
  });
});
