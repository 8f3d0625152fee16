// @vitest-environment happy-dom
import { beforeEach, describe, expect, test } from "vitest";
import { Panel } from "./panel";
import { troubles } from "./troubles";

const rows: readonly (readonly [string, string])[] = [
  ["used", "scan"], ["other", "scan"], ["already", "portal"], ["rooted", "phone"], ["denied", "phone"], ["busy", "phone"], ["stranger", "server"], ["pin", "hand"],
];
let posed: number;
let sorry: string | undefined;
let happened: string[];
let panel: Panel;

beforeEach(() => {
  [posed, sorry, happened] = [0, undefined, []];
  document.body.innerHTML = `<div id="root" data-armed="Ready" data-shown="There" data-over="Over" data-try="Try" data-stop="Stop" data-failed="Failed">
    <span class="troubles-count"></span>${rows.map(([id, how]) => `<div data-trouble="${id}" data-how="${how}"><b class="trouble-name">${id}!</b>
    ${how === "hand" ? "" : `<button${how === "phone" || how === "scan" ? ' aria-pressed="false"' : ""}>Try</button>`}<p class="trouble-state"></p></div>`).join("")}</div>`;
  panel = new Panel(document.getElementById("root") ?? document.body, {
    posed: () => (posed += 1),
    happen: (id) => {
      happened.push(id);
      return Promise.resolve(sorry);
    },
  });
});

function row(id: string) {
  const item = document.querySelector<HTMLElement>(`[data-trouble=${id}]`);
  return { press: () => item?.querySelector("button")?.click(), button: item?.querySelector("button"), says: () => item?.querySelector(".trouble-state")?.textContent };
}

describe("what the phone pretends", () => {
  test("goes on until it is stopped, also after it was seen", () => {
    row("rooted").press();
    expect([panel.pose, posed, row("rooted").says(), row("rooted").button?.textContent]).toEqual([{ rooted: true }, 1, "Ready", "Stop"]);
    panel.saw("fault", "posture.rooted");
    expect(row("rooted").says()).toBe("There");
    panel.saw("home", "");
    expect([panel.pose, row("rooted").says()]).toEqual([{ rooted: true }, "There"]);
    row("rooted").press();
    expect([panel.pose, posed, row("rooted").says(), row("rooted").button?.getAttribute("aria-pressed")]).toEqual([{}, 2, "Over", "false"]);
  });

  test("has one camera at a time, and any other troubles beside", () => {
    row("rooted").press();
    row("denied").press();
    row("busy").press();
    expect(panel.pose).toEqual({ rooted: true, camera: "busy" });
    expect(document.querySelector(".troubles-count")?.textContent).toBe("rooted! · busy!");
    panel.clear();
    expect([panel.pose, row("busy").says()]).toEqual([{}, ""]);
  });
});

describe("what happens at a scan", () => {
  test("happens once, and is over when the phone shows something else", () => {
    row("used").press();
    expect([panel.takeScan(), panel.takeScan()]).toEqual(["used", undefined]);
    panel.saw("fault", "activation.used");
    expect(row("used").says()).toBe("There");
    panel.saw("code", "");
    expect([row("used").says(), row("used").button?.textContent, panel.takeScan()]).toEqual(["Over", "Try", undefined]);
    row("used").press();
    expect(panel.takeScan()).toBe("used");
  });

  test("is one thing at a time, and may be called off", () => {
    row("used").press();
    row("other").press();
    expect(row("used").says()).toBe("");
    row("other").press();
    expect(panel.takeScan()).toBeUndefined();
  });
});

describe("what happens at once", () => {
  test("is ready until the phone shows it", async () => {
    row("stranger").press();
    await Promise.resolve();
    expect([happened, row("stranger").says()]).toEqual([["stranger"], "Ready"]);
    panel.saw("approval", "");
    expect(row("stranger").says()).toBe("There");
  });

  test.each([["Activate one first.", "Activate one first."], ["", "Failed"]])("says why it could not: %o", async (sentence, says) => {
    sorry = sentence;
    row("stranger").press();
    await Promise.resolve();
    await Promise.resolve();
    expect(row("stranger").says()).toBe(says);
    panel.saw("approval", "");
    expect(row("stranger").says()).toBe(says);
  });
});

test("what the person does by hand is noticed", () => {
  panel.saw("confirm", "pin.wrong");
  expect(row("pin").says()).toBe("There");
  panel.saw("home", "");
  expect(row("pin").says()).toBe("Over");
});

test("nothing is seen that was not begun", () => {
  panel.saw("fault", "posture.rooted");
  expect(row("rooted").says()).toBe("");
});

test("every trouble is told from an ordinary screen", () => {
  for (const [id, { seen }] of Object.entries(troubles)) expect(seen("home", ""), id).toBe(false);
});
