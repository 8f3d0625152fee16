// The countdown ring: figures, arc, and what a screen reader hears.

const spokenAt = [60, 30, 10] as const;

/** Minutes and seconds; a begun second counts, what is over is "0:00". */
export function figures(milliseconds: number): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** The attribute stroke-dasharray of a ring whose pathLength is 100. */
export function dash(left: number, total: number): string {
  const share = total > 0 ? Math.max(0, Math.min(1, left / total)) : 0;
  return `${(100 * share).toFixed(1)} 100`;
}

export interface Countdown {
  /** Corrects what is left, in milliseconds, to what the server says. */
  set(left: number): void;
}

/**
 * Runs the countdown that stands in `root` as [data-countdown] and calls
 * `over` once when the time has run out. Without one it does nothing.
 */
export function countDown(root: ParentNode, over: () => void): Countdown {
  const element = root.querySelector<HTMLElement>("[data-countdown]");
  if (element === null) return { set: () => undefined };
  const total = Number(element.dataset["total"]);
  const arc = element.querySelector("[data-arc]");
  const time = element.querySelector("[data-time]");
  const spoken = root.querySelector<HTMLElement>("[data-spoken]");
  let end = Date.now() + Number(element.dataset["left"]);
  let lastSeconds = Math.ceil((end - Date.now()) / 1000);
  let done = false;
  let timer = 0;

  const say = (seconds: number): void => {
    const passed = spokenAt.find((mark) => lastSeconds > mark && seconds <= mark);
    if (passed !== undefined && spoken !== null) spoken.textContent = spoken.getAttribute(`data-at-${passed}`);
    lastSeconds = seconds;
  };

  const tick = (): void => {
    window.clearTimeout(timer);
    const left = Math.max(0, end - Date.now());
    if (time !== null) time.textContent = figures(left);
    arc?.setAttribute("stroke-dasharray", dash(left, total));
    say(Math.ceil(left / 1000));
    if (left > 0) {
      timer = window.setTimeout(tick, left % 1000 || 1000);
    } else if (!done) {
      done = true;
      over();
    }
  };

  tick();
  return {
    set(left) {
      end = Date.now() + left;
      done = done && left <= 0;
      tick();
    },
  };
}
