import { expect, test, vi } from "vitest";
import { listenForInstall } from "./installer";

function offer(outcome: "accepted" | "dismissed", prompt = (): Promise<unknown> => Promise.resolve()): Event {
  return Object.assign(new Event("beforeinstallprompt", { cancelable: true }), { prompt: vi.fn(prompt), userChoice: Promise.resolve({ outcome }) });
}

function stage(): { window: EventTarget; states: string[]; installer: ReturnType<typeof listenForInstall> } {
  const window = new EventTarget();
  const installer = listenForInstall(window);
  const states: string[] = [];
  installer.on(() => states.push(installer.state));
  return { window, states, installer };
}

test("the browser's prompt is kept back, shown when asked for, and its outcome told", async () => {
  const { window, states, installer } = stage();
  const event = offer("accepted");
  window.dispatchEvent(event);
  expect([event.defaultPrevented, installer.state]).toEqual([true, "offered"]);
  await installer.ask();
  window.dispatchEvent(new Event("appinstalled"));
  expect(states).toEqual(["offered", "accepted", "installed"]);
});

test("a prompt is shown once; the browser may offer another", async () => {
  const { window, states, installer } = stage();
  const event = offer("dismissed");
  window.dispatchEvent(event);
  await Promise.all([installer.ask(), installer.ask()]);
  expect((event as Event & { prompt: ReturnType<typeof vi.fn> }).prompt).toHaveBeenCalledTimes(1);
  window.dispatchEvent(offer("accepted"));
  await installer.ask();
  expect(states).toEqual(["offered", "dismissed", "offered", "accepted"]);
});

test("a prompt that cannot be shown counts as dismissed", async () => {
  const quiet = vi.spyOn(console, "warn").mockReturnValue();
  const { window, installer } = stage();
  window.dispatchEvent(offer("accepted", () => Promise.reject(new Error("no gesture"))));
  await installer.ask();
  expect(installer.state).toBe("dismissed");
  quiet.mockRestore();
});

test("installed stays installed, in whatever order the events come", async () => {
  const { window, installer } = stage();
  window.dispatchEvent(offer("accepted"));
  const asking = installer.ask();
  window.dispatchEvent(new Event("appinstalled"));
  await asking;
  window.dispatchEvent(offer("accepted"));
  expect(installer.state).toBe("installed");
});
