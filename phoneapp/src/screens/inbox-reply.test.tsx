// @vitest-environment happy-dom
import { describe, expect, test } from "vitest";
import { PhoneFault } from "../core/contract";
import { userOf } from "../preview-core";
import { fillInbox } from "../preview-inbox";
import { stage, type Stage } from "./stage";

const reference = "2026-0412";

/** The message is read, its box is open. */
async function read(): Promise<Stage> {
  const on = await stage({
    route: { screen: "message", keyId: "k1", id: reference },
    prepare: (core) => {
      core.set({ users: [userOf()] });
      fillInbox(core, core.now());
      core.inbox.set({ opened: { keyId: "k1", until: core.now() + 600_000, query: undefined, messages: [], more: false, thread: undefined } });
    },
  });
  return on;
}

async function answering(): Promise<Stage> {
  const on = await read();
  await on.click("#reply");
  return on;
}

const typed = (on: Stage): string => (on.get("#text") as HTMLTextAreaElement).value;
const close = (on: Stage): Promise<void> => on.change(() => on.core.inbox.set({ opened: undefined }));

async function openAgain(on: Stage): Promise<void> {
  await on.type("#pin", "q7#fx");
  await on.click("#confirm");
}

describe("an answer", () => {
  test("is sent, and stands under the message", async () => {
    const on = await answering();
    expect(on.get(".lead").textContent).toBe("My new phone number");
    await on.type("#text", "Thank you!\nMara");
    await on.click("#send");
    expect(on.core.calls).toContain(`inbox.reply ${reference} Thank you!\nMara`);
    expect(on.screen()).toBe("message");
    expect(on.get(".entry:last-child").textContent).toContain("Thank you!\nMara");
    expect(on.get(".entry:last-child").textContent).toContain("signed by a phone");
    expect(document.body.textContent).toContain("Your reply has been sent.");
    await on.click("#reply");
    expect(typed(on)).toBe("");
  });

  test("without words says what is missing; one that is too long, too", async () => {
    const on = await answering();
    await on.click("#send");
    expect(on.error()).toBe("message.text");
    await on.type("#text", "x".repeat(19_900));
    expect([on.error(), on.text()]).toEqual([undefined, expect.stringContaining("100 characters left.")]);
    await on.type("#text", "x".repeat(20_001));
    expect(on.text()).not.toContain("characters left");
    await on.click("#send");
    expect(on.error()).toBe("message.text_long");
    expect(on.text()).toContain("20000");
    expect(typed(on)).toHaveLength(20_001);
  });

  test.each([["message.slow", { Count: 90, Seconds: 90 }], ["message.closed", {}], ["message.full", { Most: 500 }], ["user.slow", { Count: 5 }]])("that is refused with %s keeps its text", async (key, args) => {
    const on = await answering();
    await on.type("#text", "Thank you!");
    on.core.fault = new PhoneFault(key, args);
    await on.click("#send");
    expect([on.error(), on.screen(), typed(on)]).toEqual([key, "message-reply", "Thank you!"]);
    expect(on.text()).not.toMatch(/\{\{|undefined/);
  });

  test("without a connection keeps its text and is sent again by hand", async () => {
    const on = await answering();
    await on.type("#text", "Thank you!");
    on.core.fault = new PhoneFault("offline");
    await on.change(() => on.core.connect(false, on.clock.now));
    await on.click("#send");
    expect([on.error(), typed(on)]).toEqual(["offline", "Thank you!"]);
    expect(on.text()).toContain("it never arrives twice");
    await on.change(() => on.core.connect(true));
    await on.click("#send");
    expect(on.screen()).toBe("message");
  });
});

describe("the lock", () => {
  test("by hand leads home, says so, and takes what was typed with it", async () => {
    const on = await answering();
    await on.type("#text", "Thank you!");
    await on.click("#lock");
    expect(on.core.calls).toContain("inbox.lock");
    expect(on.screen()).toBe("home");
    expect(document.body.textContent).toContain("Your messages are locked.");
    expect(on.draft.answerText).toBeUndefined();
    expect(document.body.textContent).not.toContain("My new phone number");
  });

  test("by itself drops what is read where it is, and opens there again", async () => {
    const on = await read();
    expect(on.text()).toContain("I have a new number from Monday on.");
    await close(on);
    expect(document.documentElement.textContent).not.toMatch(/new number|My new phone number/);
    expect(on.text()).toContain("Your messages were locked.");
    await openAgain(on);
    expect(on.get("h1").textContent).toBe("My new phone number");
  });

  test("by itself keeps an answer that is being typed behind the next opening", async () => {
    const on = await answering();
    await on.type("#text", "Half a sentence");
    await close(on);
    expect(document.documentElement.textContent).not.toContain("Half a sentence");
    expect(on.has("#text")).toBe(false);
    await openAgain(on);
    expect(typed(on)).toBe("Half a sentence");
  });

  test("that came while an answer was on its way loses nothing", async () => {
    const on = await answering();
    await on.type("#text", "Thank you!");
    on.core.fault = new PhoneFault("messages.closed");
    await on.click("#send");
    expect(on.screen()).toBe("message-reply");
    await close(on);
    await openAgain(on);
    expect(typed(on)).toBe("Thank you!");
  });
});
