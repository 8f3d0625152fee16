import { describe, expect, test, vi } from "vitest";
import { PreviewCore, approvalOf, userOf } from "../preview-core";
import type { Told } from "../sw/waiting";
import { hiddenForMs, keepLive, openNotifier } from "./notifier";

describe("the question", () => {
  function ask(answer: NotificationPermission, installed = true): { notifier: ReturnType<typeof openNotifier>; kept: { asked: boolean } } {
    const kept = { asked: false };
    const api = { permission: "default" as NotificationPermission, requestPermission: async () => Promise.resolve((api.permission = answer)) };
    return { kept, notifier: openNotifier(api, installed, { get: () => kept.asked, set: () => { kept.asked = true; } }) };
  }

  test.each(["granted", "denied", "default"] as const)("is put once, and %s is told", async (answer) => {
    const { notifier, kept } = ask(answer);
    expect(notifier.wanted).toBe(true);
    expect(await notifier.ask()).toBe(answer);
    expect([notifier.permission, notifier.wanted, kept.asked]).toEqual([answer, false, true]);
  });

  test("does not come back after not now", () => {
    const { notifier } = ask("granted");
    notifier.leave();
    expect([notifier.wanted, notifier.permission]).toEqual([false, "default"]);
  });

  test("is not put in a browser, nor where there are no notifications", () => {
    expect(ask("granted", false).notifier.wanted).toBe(false);
    const none = openNotifier(undefined, true, { get: () => false, set: () => undefined });
    expect([none.permission, none.wanted]).toEqual(["none", false]);
  });
});

describe("an app that is open", () => {
  function stage(granted = true) {
    const core = new PreviewCore(() => 0);
    core.set({ users: [userOf()] });
    const live = { open: 0 };
    core.live = () => {
      live.open++;
      return () => { live.open--; };
    };
    const seen: { visibilityState: DocumentVisibilityState } = { visibilityState: "visible" };
    const page = Object.assign(new EventTarget(), seen);
    const shown = new Map<string, { title: string; body: string | undefined }>();
    let due: (() => void) | undefined;
    let hear: (message: Told) => void = () => undefined;
    let ms = 0;
    keepLive(core, {
      document: page, granted: () => granted, icon: undefined, words: () => Promise.resolve({ title: "Aldermere", body: "A request is waiting." }),
      worker: () => Promise.resolve({
        showNotification: (title, options) => {
          shown.set(options?.tag ?? "", { title, body: options?.body });
          return Promise.resolve();
        },
        getNotifications: () => Promise.resolve([...shown.keys()].map((tag) => ({ tag, close: () => shown.delete(tag) }) as unknown as Notification)),
      }),
      told: (listener) => { hear = listener; },
      after: (wait, deed) => {
        due = deed;
        ms = wait;
        return () => { due = undefined; };
      },
    });
    const look = (state: DocumentVisibilityState): void => {
      page.visibilityState = state;
      page.dispatchEvent(new Event("visibilitychange"));
    };
    // As the service worker shows it, whatever the app knows.
    const push = (id: string): void => {
      shown.set(id, { title: "Aldermere", body: "Pushed." });
      hear({ type: "pushed", id });
    };
    const settled = (expected: readonly string[]): Promise<void> => vi.waitFor(() => expect([...shown.keys()]).toEqual(expected));
    return { core, live, shown, look, settled, push, touch: () => { hear({ type: "opened" }); }, later: () => { due?.(); }, wait: () => ms };
  }

  test("listens while it is seen, and for five minutes after", () => {
    const on = stage();
    expect(on.live.open).toBe(1);
    on.look("hidden");
    expect([on.live.open, on.wait()]).toEqual([1, hiddenForMs]);
    on.later();
    expect(on.live.open).toBe(0);
    on.look("visible");
    expect(on.live.open).toBe(1);
  });

  test("stops at once where it may not notify, and when nobody is active any more", () => {
    const quiet = stage(false);
    quiet.look("hidden");
    expect(quiet.live.open).toBe(0);
    const on = stage();
    on.core.set({ users: [] });
    expect(on.live.open).toBe(0);
  });

  test("notifies what comes while it is hidden, in words that give nothing away, and takes it back when it ends", async () => {
    const on = stage();
    on.look("hidden");
    on.core.set({ approvals: [approvalOf(0)] });
    await on.settled(["a1"]);
    expect(on.shown.get("a1")).toEqual({ title: "Aldermere", body: "A request is waiting." });
    on.core.set({ approvals: [approvalOf(0, { id: "a2" })] });
    await on.settled(["a2"]);
    on.look("visible");
    await on.settled([]);
  });

  test("does not notify what the server woke nobody for, though it was found by asking", async () => {
    const on = stage();
    on.look("hidden");
    on.core.quiet = ["a1"];
    on.core.set({ approvals: [approvalOf(0), approvalOf(0, { id: "a2" })] });
    await on.settled(["a2"]);
    on.core.quiet = []; // the stream tells of it after all
    on.core.set({ approvals: [approvalOf(0), approvalOf(0, { id: "a2" })] });
    await on.settled(["a2", "a1"]);
  });

  test("does not notify what was seen before, nor what is being looked at", async () => {
    const on = stage();
    on.core.set({ approvals: [approvalOf(0)] });
    on.look("hidden");
    on.core.set({ approvals: [approvalOf(0), approvalOf(0, { id: "a2" })] });
    await on.settled(["a2"]);
    const refused = stage(false);
    refused.look("hidden");
    refused.core.set({ approvals: [approvalOf(0)] });
    await refused.settled([]);
  });

  test("looks for the request of a push, and shows none of its own beside it", async () => {
    const on = stage();
    on.look("hidden");
    on.core.refresh = () => {
      on.core.set({ approvals: [approvalOf(0)] });
      return Promise.resolve();
    };
    on.push("a1");
    await on.settled(["a1"]);
    on.core.set({ approvals: [] });
    await on.settled([]);
  });

  test("takes the notification of a push back when its request is over", async () => {
    const on = stage();
    on.look("hidden");
    on.later(); // nothing is heard any more but pushes
    on.push("a1");
    await on.settled([]);
    expect(on.core.calls).toEqual(["refresh"]);
  });

  test("leaves it where it cannot know", async () => {
    const on = stage();
    on.look("hidden");
    on.core.refresh = () => Promise.reject(new Error("offline"));
    on.push("a1");
    on.core.set({ approvals: [approvalOf(0, { id: "a2" })] });
    await on.settled(["a1", "a2"]);
    on.core.set({ approvals: [] });
    await on.settled(["a1"]);
    on.look("visible");
    await on.settled([]);
  });

  test("shows the request itself and no notification while it is looked at", async () => {
    const on = stage();
    on.core.refresh = () => {
      on.core.set({ approvals: [approvalOf(0)] });
      return Promise.resolve();
    };
    on.push("a1");
    await on.settled([]);
    expect(on.core.approvals()).toHaveLength(1);
  });

  test("looks for requests when a notification is touched", () => {
    const on = stage();
    on.touch();
    expect(on.core.calls).toEqual(["refresh"]);
  });
});
