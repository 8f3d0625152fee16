// How many messages are unread, told by the server as long as the page is
// seen: server-sent events, or asking now and then where they are blocked. A
// page in the background holds no connection and asks when it is seen again.

const askEvery = 15_000;
const openWithin = 3000;
const soon = 60_000; // a stream that ends sooner than this does not work here
const pause = 1000; // a page that is being left loses its stream, and asks no more

interface Report {
  version: string;
  badge: string;
  said: string;
}

function reportOf(value: unknown): Report | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { version, badge = "", said } = value as Partial<Record<keyof Report, unknown>>;
  if (typeof version !== "string" || typeof badge !== "string" || typeof said !== "string") return undefined;
  return { version, badge, said };
}

/**
 * Follows for the element that carries data-stream, data-poll and
 * data-version, and that says what is new to readers. Figures stand in
 * [data-badge], words in [data-badge-said]. Where the page has words of its own
 * for a new message, arrived says them instead.
 */
export function followBadge(root: HTMLElement, arrived?: () => void): void {
  const { stream = "", poll = "" } = root.dataset;
  let shown = root.dataset["version"] ?? "";
  let source: EventSource | undefined;
  let timer: number | undefined;
  let turn = 0; // counts what was begun, so that what was left goes no further
  const streams = stream !== "" && typeof EventSource !== "undefined";
  let over = false; // the session is

  const take = (value: unknown): void => {
    const report = reportOf(value);
    if (report === undefined || report.version === shown) return;
    const more = Number(report.version) > Number(shown === "" ? report.version : shown);
    shown = report.version;
    for (const part of document.querySelectorAll<HTMLElement>("[data-badge]")) {
      part.textContent = report.badge;
      part.hidden = report.badge === "";
    }
    for (const part of document.querySelectorAll("[data-badge-said]")) part.textContent = report.said;
    if (!more) return;
    if (arrived === undefined) root.textContent = report.said;
    else arrived();
  };

  async function ask(): Promise<void> {
    try {
      const response = await fetch(poll, { headers: { Accept: "application/json" }, cache: "no-store" });
      if (response.ok) take(await response.json());
      else if (response.status >= 400 && response.status < 500 && response.status !== 429) end();
    } catch {
      // No connection. What is shown stays; the next round asks again.
    }
  }

  const rest = (): void => {
    source?.close();
    source = undefined;
    window.clearTimeout(timer);
    turn += 1;
  };

  function end(): void {
    over = true;
    rest();
  }

  const startAsking = (after = 0): void => {
    rest();
    const own = turn;
    const round = async (): Promise<void> => {
      await ask();
      if (turn === own) timer = window.setTimeout(() => void round(), askEvery);
    };
    timer = window.setTimeout(() => void round(), after);
  };

  const startStream = (): void => {
    rest();
    const began = Date.now();
    source = new EventSource(stream);
    timer = window.setTimeout(() => startAsking(), openWithin);
    source.addEventListener("open", () => window.clearTimeout(timer));
    source.addEventListener("state", (event) => {
      try {
        take(JSON.parse((event as MessageEvent<string>).data));
      } catch {
        startAsking();
      }
    });
    source.addEventListener("error", () => {
      if (source?.readyState === EventSource.CLOSED || Date.now() - began < soon) startAsking(pause);
      else startStream(); // its time was over
    });
  };

  const go = (): void => {
    if (over || document.visibilityState === "hidden") rest();
    else if (streams) startStream();
    else startAsking();
  };

  go();
  document.addEventListener("visibilitychange", go);
  window.addEventListener("pagehide", rest);
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) go();
  });
}
