// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Core } from "../core/contract";
import type { Surroundings } from "../core/surroundings";
import type { Scan } from "../ui/app-context";
import { framed, origin } from "./framed";
import { Play } from "./play";
import { normal, readPose } from "./pose";

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  document.head.replaceChildren();
  document.body.replaceChildren();
});

/** A phone app that plays a pose in a frame. */
async function playing(pose: Record<string, unknown>) {
  const stage = framed();
  const meeting = Play.meet(stage.frame);
  await vi.advanceTimersByTimeAsync(0);
  const tell = (wanted: Record<string, unknown>, ...from: [origin?: string, source?: unknown]): void =>
    stage.answer({ type: "nodkey-demo-pose", pose: wanted }, ...from);
  tell(pose);
  const play = await meeting;
  if (play === undefined) throw new Error("no page around");
  return { ...stage, play, tell };
}

/** What the core would be opened with. */
async function surroundings(play: Play): Promise<Partial<Surroundings>> {
  const seen: Partial<Surroundings>[] = [];
  await play.open((changes) => {
    seen.push(changes);
    return Promise.resolve({} as Core);
  });
  return seen[0] ?? {};
}

describe("the part to play", () => {
  test("is none on any other server, and nothing is posted there", async () => {
    for (const content of ["", "*"]) {
      const { frame, posted } = framed(content);
      expect(await Play.meet(frame)).toBeUndefined();
      expect(posted).toEqual([]);
    }
  });

  test("is asked for until the page around answers, and taken from that page at its origin alone", async () => {
    const { frame, posted, answer } = framed();
    const meeting = Play.meet(frame);
    await vi.advanceTimersByTimeAsync(450);
    expect(posted).toEqual(Array.from({ length: 3 }, () => [{ type: "nodkey-demo-ready" }, origin]));
    answer({ type: "nodkey-demo-pose", pose: { platform: "ios" } }, "http://evil.localhost:8080");
    answer({ type: "nodkey-demo-pose", pose: { platform: "ios" } }, origin, {});
    answer({ type: "other", pose: { platform: "ios" } });
    answer({ type: "nodkey-demo-pose", pose: { platform: "android", language: "ja" } });
    const play = await meeting;
    expect([play?.platform, play?.languages]).toEqual(["android", ["ja"]]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(posted).toHaveLength(3);
  });

  test("is an ordinary phone where the page around never answers", async () => {
    const meeting = Play.meet(framed().frame);
    await vi.advanceTimersByTimeAsync(5000);
    expect((await meeting)?.platform).toBe("android");
  });

  test("is read strictly", () => {
    for (const wrong of [null, "ios", { platform: "other", rooted: 1, camera: "stolen", language: 3 }]) expect(readPose(wrong)).toEqual(normal);
    expect(readPose({ platform: "ios", rooted: true, camera: "denied", language: "de" })).toEqual({ ...normal, platform: "ios", rooted: true, camera: "denied", language: "de" });
  });
});

describe("a phone that is played", () => {
  test.each([
    [{}, { platform: "android", osVersion: "16", rooted: false, screenLock: true }],
    [{ old: true, rooted: true }, { platform: "android", osVersion: "5.1", rooted: true, screenLock: true }],
    [{ platform: "ios", unlocked: true }, { platform: "ios", osVersion: "18.5", rooted: false, screenLock: false }],
    [{ platform: "ios", old: true }, { platform: "ios", osVersion: "10.3", rooted: false, screenLock: true }],
  ])("says of itself %o", async (pose, says) => {
    const { play } = await playing(pose);
    expect(await (await surroundings(play)).posture?.()).toMatchObject(says);
  });

  test("that is offline reaches nobody until it is back, and both are told", async () => {
    const { play, tell, heard, fetched } = await playing({});
    const { fetch } = await surroundings(play);
    await fetch?.("http://phone.example/stream");
    tell({ offline: true }, "http://evil.localhost:8080");
    expect(heard).toEqual([]);
    tell({ offline: true });
    expect(fetched[0]?.signal.aborted).toBe(true);
    await expect(fetch?.("http://phone.example/approvals")).rejects.toBeInstanceOf(TypeError);
    tell({ offline: true });
    tell({});
    await fetch?.("http://phone.example/approvals");
    expect([heard, fetched.length, fetched[1]?.signal.aborted]).toEqual([["offline", "online"], 2, false]);
  });

  test("has a clock that is ten minutes slow, and right again", async () => {
    const { play, tell } = await playing({ slow: true });
    const { wall } = await surroundings(play);
    expect(Date.now() - (wall?.() ?? 0)).toBe(600_000);
    tell({});
    expect(wall?.()).toBe(Date.now());
    expect(play.now()).toBe(Date.now());
  });

  test("that keeps nothing does not start", async () => {
    const { play } = await playing({ storage: true });
    await expect(surroundings(play)).rejects.toMatchObject({ key: "storage" });
  });

  test("has the camera that it is told to have", async () => {
    const { play, tell } = await playing({ camera: "denied" });
    const opened: unknown[] = [];
    const real = { scanFrom: () => Promise.resolve("text"), openScanner: (...args: unknown[]) => Promise.resolve(opened.push(args)) } as unknown as Scan;
    const scan = await play.scan(() => Promise.resolve(real))();
    const open = (): Promise<unknown> => scan.openScanner({} as HTMLVideoElement, () => undefined);
    await expect(open()).rejects.toMatchObject({ key: "camera.denied" });
    tell({ camera: "absent" });
    await expect(open()).rejects.toMatchObject({ key: "camera.absent" });
    tell({});
    await open();
    expect(opened).toHaveLength(1);
    expect(await scan.scanFrom({} as ImageBitmap)).toBe("text");
  });

  test("has refused notifications, or none", async () => {
    const { play, tell } = await playing({ muted: true });
    expect([play.notifications?.permission, await play.notifications?.requestPermission()]).toEqual(["denied", "denied"]);
    tell({});
    expect(play.notifications).toBeUndefined();
  });

  test("starts anew as another phone, and only then", async () => {
    const { tell, went } = await playing({});
    tell({ rooted: true, slow: true, camera: "busy" });
    expect(went).toEqual([]);
    tell({ platform: "ios" });
    tell({ platform: "ios", storage: true });
    tell({ platform: "ios", storage: true, muted: true });
    expect(went).toEqual(["/", "/", "/"]);
  });

  test("tells what is to be seen by name, and forgets when the page around says so", async () => {
    const { play, posted, answer, went } = await playing({});
    document.body.innerHTML = `<div data-screen="code"><main></main></div>`;
    let forgotten = 0;
    play.begin(() => {
      forgotten += 1;
      return Promise.resolve();
    });
    const told = () => posted.map(([message]) => message).filter((message) => (message as { type: string }).type === "nodkey-demo-screen");
    expect(told()).toEqual([{ type: "nodkey-demo-screen", screen: "code", error: "" }]);
    document.querySelector("main")?.setAttribute("data-error", "code.group");
    await vi.advanceTimersByTimeAsync(0);
    expect(told().slice(1)).toEqual([{ type: "nodkey-demo-screen", screen: "code", error: "code.group" }]);
    answer({ type: "nodkey-demo-forget" }, "http://evil.localhost:8080");
    answer({ type: "nodkey-demo-forget" }, origin, {});
    expect(forgotten).toBe(0);
    answer({ type: "nodkey-demo-forget" });
    await vi.advanceTimersByTimeAsync(0);
    expect([forgotten, went]).toEqual([1, ["/"]]);
  });
});
