// @vitest-environment happy-dom
import { describe, expect, test } from "vitest";
import { PhoneFault, type Block, type MessageThread } from "../core/contract";
import type { Language } from "../i18n";
import { userOf } from "../preview-core";
import { entryOf, fillInbox, messageOf, threadOf } from "../preview-inbox";
import type { Route } from "../ui/nav";
import { stage, type Stage } from "./stage";

const pin = "q7#fx";
const jonas = userOf({ keyId: "k2", userId: "u2", name: "jbrandt", displayName: "Jonas Brandt" });

/** A phone with a box of everything. */
async function phone(options: Parameters<typeof stage>[0] = {}, users = [userOf()]): Promise<Stage> {
  return stage({
    ...options,
    prepare: (core, draft) => {
      core.set({ users });
      fillInbox(core, core.now());
      options.prepare?.(core, draft);
    },
  });
}

/** The same with the box open. */
async function opened(route: Route = { screen: "messages", keyId: "k1" }, options: Parameters<typeof stage>[0] = {}): Promise<Stage> {
  return phone({
    route, ...options,
    prepare: (core, draft) => {
      core.inbox.set({ opened: { keyId: "k1", until: core.now() + 600_000, query: undefined, messages: [], more: false, thread: undefined } });
      options.prepare?.(core, draft);
    },
  });
}

const reading = (reference: string): Route => ({ screen: "message", keyId: "k1", id: reference });
const calls = (on: Stage): readonly string[] => on.core.calls.filter((call) => call.startsWith("inbox."));

/** A message whose one entry is this. */
function only(on: Stage | { core: Stage["core"] }, change: Parameters<typeof entryOf>[1], thread: Partial<MessageThread> = {}): void {
  const message = messageOf(on.core.now());
  on.core.inbox.threads = { [message.reference]: threadOf(message, { entries: [entryOf(on.core.now(), change)], ...thread }) };
}

describe("the way to the messages", () => {
  test("stands on the home screen with what is unread, and follows it", async () => {
    const on = await phone();
    expect(on.get("#messages").textContent).toContain("2 unread");
    await on.change(() => on.core.inbox.set({ counts: { k1: 100 } }));
    expect(on.get("#messages").textContent).toContain("99+ unread");
    await on.change(() => on.core.inbox.set({ counts: { k1: 0 } }));
    expect(on.has("#messages .chip")).toBe(false);
    await on.click("#messages");
    expect(on.nav.route).toEqual({ screen: "messages", keyId: "k1" });
  });

  test("asks whose where there are several, and counts for each", async () => {
    const on = await phone({}, [userOf(), jonas]);
    await on.click("#messages");
    expect(on.get("h1").textContent).toBe("Whose messages?");
    expect(on.get("#messages-k1").textContent).toContain("2 unread");
    expect(on.has("#messages-k2 .chip")).toBe(false);
    await on.click("#messages-k2");
    expect(on.nav.route).toEqual({ screen: "messages", keyId: "k2" });
    expect(on.get(".lead").textContent).toContain("Jonas Brandt");
  });

  test("is on the user's own page, and nobody's who cannot answer", async () => {
    const on = await phone({ route: { screen: "user", keyId: "k2" } }, [userOf(), jonas]);
    await on.click("#messages");
    expect(on.nav.route).toEqual({ screen: "messages", keyId: "k2" });
    const out = await phone({ route: { screen: "messages", keyId: "k1" } }, [userOf({ state: "suspended" })]);
    expect(out.screen()).toBe("home");
    expect(out.has("#messages")).toBe(false);
    expect((await phone({ route: { screen: "messages-user" } }, [userOf({ state: "removed" })])).screen()).toBe("home");
  });
});

describe("opening", () => {
  const route: Route = { screen: "messages", keyId: "k1" };

  test("takes the PIN, and nothing is seen before", async () => {
    const on = await phone({ route });
    expect(on.text()).not.toContain("My new phone number");
    await on.click("#confirm");
    expect(on.text()).toContain("Type your PIN.");
    await on.type("#pin", "12");
    await on.click("#confirm");
    expect(calls(on)).toEqual([]);
    await on.type("#pin", pin);
    await on.click("#confirm");
    expect(calls(on)).toEqual([`inbox.open k1 ${pin}`, 'inbox.list {"language":"en"}']);
    expect(on.text()).toContain("My new phone number");
    expect(on.text()).toContain("Open until 14:42.");
  });

  test("with a wrong PIN says how many tries are left, and forgets it", async () => {
    const on = await phone({ route });
    on.core.fault = new PhoneFault("pin.wrong", { left: 3 });
    await on.type("#pin", pin);
    await on.click("#confirm");
    expect(on.error()).toBe("pin.wrong");
    expect(on.text()).toContain("3 tries left");
    expect((on.get("#pin") as HTMLInputElement).value).toBe("");
  });

  test.each([["ios", "#confirm"], ["android", "#other-factor"]] as const)("on %s the biometric is where the platform has it", async (drawing, button) => {
    const on = await phone({ route, drawing, biometric: true }, [userOf({ biometric: true })]);
    await on.click(button);
    if (drawing === "android") await on.click("#confirm");
    expect(calls(on)[0]).toBe("inbox.open k1 biometric");
  });

  test("a biometric that was cancelled may be tried again, or the PIN instead", async () => {
    const on = await phone({ route, drawing: "ios", biometric: true }, [userOf({ biometric: true })]);
    on.core.fault = new PhoneFault("biometric.cancelled");
    await on.click("#confirm");
    expect(on.error()).toBe("biometric.cancelled");
    await on.click("#other-factor");
    await on.type("#pin", pin);
    await on.click("#confirm");
    expect(on.core.inbox.opened?.keyId).toBe("k1");
  });

  test("another fault has its own screen", async () => {
    const on = await phone({ route });
    on.core.fault = new PhoneFault("key.suspended");
    await on.type("#pin", pin);
    await on.click("#confirm");
    expect(on.screen()).toBe("fault");
  });

  test("without a connection says so and what works", async () => {
    const on = await phone({ route });
    await on.change(() => on.core.connect(false, on.clock.now - 60_000));
    expect(on.error()).toBe("offline");
    expect(on.text()).toContain("Messages are never kept on this phone");
    expect(on.has("#pin")).toBe(false);
    await on.click("#refresh");
    expect(on.core.calls).toContain("refresh");
    await on.change(() => on.core.connect(true));
    expect(on.has("#pin")).toBe(true);
    await on.change(() => on.core.connect(false, on.clock.now));
    await on.click("#offline-code");
    expect(on.screen()).toBe("offline-code");
  });
});

describe("the list", () => {
  test("has unread ones marked, others by their state", async () => {
    const on = await opened();
    const rows = Array.from(document.querySelectorAll(".inbox-rows .row"), (row) => row.textContent);
    expect(rows).toHaveLength(5);
    expect(rows[0]).toBe("A new phone is activeSecurity · Today, 14:28Unread");
    expect(rows[3]).toContain("Closed");
    await on.click("#message-2026-0398");
    expect(on.nav.route).toEqual(reading("2026-0398"));
  });

  test("is searched and narrowed, and comes back whole", async () => {
    const on = await opened();
    await on.type("#search", "  SUBJECT ");
    await on.click("#find");
    expect(calls(on).at(-1)).toBe('inbox.list {"language":"en","search":"SUBJECT"}');
    expect(document.querySelectorAll(".inbox-rows .row")).toHaveLength(1);
    await on.change(() => {
      const show = on.get("#show") as HTMLSelectElement;
      show.value = "security";
      show.dispatchEvent(new Event("change", { bubbles: true }));
    });
    await on.settle();
    expect(calls(on).at(-1)).toBe('inbox.list {"language":"en","search":"SUBJECT","kind":"security"}');
    expect(on.text()).toContain("Nothing was found.");
    await on.click("#all");
    expect((on.get("#search") as HTMLInputElement).value).toBe("");
    expect(document.querySelectorAll(".inbox-rows .row")).toHaveLength(5);
  });

  test.each([["unread", '"unread":true'], ["closed", '"status":"closed"'], ["announcement", '"kind":"announcement"']])("shows %s alone", async (filter, asked) => {
    const on = await opened();
    await on.change(() => {
      const show = on.get("#show") as HTMLSelectElement;
      show.value = filter;
      show.dispatchEvent(new Event("change", { bubbles: true }));
    });
    await on.settle();
    expect(calls(on).at(-1)).toContain(asked);
    expect((on.get("#show") as HTMLSelectElement).value).toBe(filter);
  });

  test("has more pages, and stays as it is on the way back from a message", async () => {
    const on = await opened(undefined, { prepare: (core) => (core.inbox.page = 2) });
    await on.click("#more");
    expect(document.querySelectorAll(".inbox-rows .row")).toHaveLength(4);
    await on.click("#message-2026-0398");
    await on.click("#back");
    expect(document.querySelectorAll(".inbox-rows .row")).toHaveLength(4);
    await on.click("#more");
    expect(on.has("#more")).toBe(false);
  });

  test("that is empty says what will stand there", async () => {
    const on = await opened(undefined, { prepare: (core) => (core.inbox.messages = []) });
    expect(on.text()).toContain("No messages yet.");
    expect(on.has("#all")).toBe(false);
  });

  test("without a connection comes by itself when there is one", async () => {
    const on = await opened(undefined, { prepare: (core) => {
      core.connect(false, core.now());
      core.fault = new PhoneFault("offline");
    } });
    expect([on.error(), on.has(".inbox-rows")]).toEqual(["offline", false]);
    await on.change(() => on.core.connect(true));
    expect(document.querySelectorAll(".inbox-rows .row")).toHaveLength(5);
    expect(on.error()).toBeUndefined();
  });
});

describe("a message", () => {
  test("has both sides, files that wait in the portal, and no subject in what the browser keeps", async () => {
    const on = await opened(reading("2026-0412"));
    expect(on.get("h1").textContent).toBe("My new phone number");
    expect(document.title).not.toContain("My new phone number");
    expect(on.get('[data-author="user"]').textContent).toContain("With a file, which waits for you in the portal:contract.pdf 0.1\u00a0MB");
    expect(on.get('[data-author="operator"] h2').textContent).toBe("Aldermere service desk");
    expect(on.get('[data-author="operator"] ol').querySelectorAll(":scope > li")).toHaveLength(2);
    expect(on.has('[data-author="operator"] ol ul li')).toBe(true);
  });

  test("shows words as words, whatever they look like", async () => {
    const markup = '<img src=x onerror="globalThis.hacked=1"><script>hacked=1</script>&lt;b&gt;';
    const run = { text: markup, strong: true, em: true, code: true };
    const blocks: Block[] = [{ kind: "p", runs: [run] }, { kind: "h", runs: [run] }, { kind: "code", runs: [run] }, { kind: "quote", blocks: [{ kind: "p", runs: [run] }] }, { kind: "rule" },
      { kind: "table", head: [[run]], rows: [[[run]]], align: ["right"] }];
    const on = await opened(reading("2026-0412"), { prepare: (core) => {
      only({ core }, { author: "operator", blocks, files: [{ name: markup, type: markup, size: 1 }] }, { message: messageOf(core.now(), { subject: markup }) });
    } });
    expect(on.get("h1").textContent).toBe(markup);
    expect(document.querySelectorAll("main img, main script, main b")).toHaveLength(0);
    expect(on.get("article").textContent.split(markup)).toHaveLength(8);
    expect(on.get("thead th[scope=col].right").textContent).toBe(markup);
    expect(on.get("tbody td.right").textContent).toBe(markup);
    expect("hacked" in globalThis).toBe(false);
    await on.change(() => only(on, { text: markup }));
    await on.change(() => void on.core.inbox.read("2026-0412", "en"));
    expect(on.get(".entry-plain").textContent).toBe(markup);
  });

  test("opens links outside, with where they lead beside the words", async () => {
    const link = { href: "https://help.example/a", to: "help.example" };
    const plain = { strong: false, em: false, code: false };
    const blocks: Block[] = [{ kind: "p", runs: [{ ...plain, text: "bank.example", link }, { ...plain, text: "help.example", link }] }];
    const on = await opened(reading("2026-0412"), { prepare: (core) => only({ core }, { author: "operator", blocks }) });
    const [first, second] = Array.from(document.querySelectorAll("article a"));
    for (const name of ["noopener", "noreferrer"]) expect(first?.getAttribute("rel")).toContain(name);
    expect([first?.getAttribute("href"), first?.getAttribute("target")]).toEqual(["https://help.example/a", "_blank"]);
    expect(first?.nextSibling?.textContent).toBe(" (help.example)");
    expect(second?.nextElementSibling).toBeNull();
    expect(on.text()).toContain("bank.example (help.example)");
  });

  test("that is a notice says what, when, from where, what to do; and is put away", async () => {
    const on = await opened(reading("2026-0415"));
    expect(on.text()).toContain("Pixel 9 can confirm your sign-ins from now on.");
    expect(on.get(".statement").textContent).toBe("WhenToday, 14:28PhonePixel 9From203.0.113.24WithFirefox, Windows");
    expect(on.get(".banner").textContent).toContain("If that was not you, remove this phone now.");
    expect(on.has("#reply")).toBe(false);
    await on.click("#close");
    expect(calls(on).at(-1)).toBe("inbox.setStatus 2026-0415 closed");
    await on.click("#reopen");
    expect(calls(on).at(-1)).toBe("inbox.setStatus 2026-0415 open");
  });

  test("that is an announcement is read in any of its languages", async () => {
    const on = await opened(reading("2026-0398"));
    expect(on.get("#language-ja").textContent).toBe("日本語");
    await on.click("#language-de");
    expect(calls(on).at(-1)).toBe("inbox.read 2026-0398 de");
    expect(on.get("#language-de").getAttribute("aria-pressed")).toBe("true");
    expect(on.get("article h2").textContent).toBe("Aldermere");
  });

  test("that goes on is read on", async () => {
    const on = await opened(reading("2026-0412"), { prepare: (core) => only({ core }, { text: "x" }, { more: true }) });
    await on.click("#more");
    expect(calls(on).at(-1)).toBe("inbox.readOn");
    expect(on.has("#more")).toBe(false);
  });

  test("that does not open says so", async () => {
    const on = await opened(reading("2026-0412"), { prepare: (core) => {
      only({ core }, { damaged: true }, { message: messageOf(core.now(), { subject: "", damaged: true }) });
    } });
    expect(on.get("h1").textContent).toBe("A message that cannot be opened");
    expect(on.get("article").textContent).toContain("cannot be opened any more");
  });

  test("that is not there is told, and nothing else", async () => {
    const on = await opened(reading("2026-9999"));
    expect(on.error()).toBe("message.unknown");
  });
});

describe.each<Language>(["en", "de", "ja"])("in %s", (language) => {
  test.each<[string, Route]>([
    ["the list", { screen: "messages", keyId: "k1" }], ["a ticket", reading("2026-0412")], ["a notice", reading("2026-0415")], ["an announcement", reading("2026-0398")],
    ["what is closed", reading("2026-0371")], ["an answer", { screen: "message-reply", keyId: "k1", id: "2026-0412" }],
  ])("%s has its sentences, and Lock", async (_, route) => {
    const on = await opened(route, { language });
    expect(on.has("#lock")).toBe(true);
    expect(on.text()).not.toMatch(/\{\{|undefined|box\.|null/);
  });

  test("opening and its ends have theirs", async () => {
    const on = await phone({ language, route: { screen: "messages", keyId: "k1" } });
    expect(on.text()).not.toMatch(/\{\{|undefined|box\./);
    await on.change(() => on.core.connect(false, on.clock.now));
    expect(on.text()).not.toMatch(/\{\{|undefined|box\./);
    expect((await phone({ language, route: { screen: "messages-user" } }, [userOf(), jonas])).text()).not.toMatch(/\{\{|undefined|box\./);
  });
});
