// Watches what a page waits for: server-sent events, or asking every two
// seconds where they are blocked. When the server's version differs from the
// page's, the page is left for what it has become; when only the progress
// does, parts of it change in place.
import { countDown } from "./countdown";
import { followProgress } from "./progress";

const openWithin = 3000;
const askEvery = 2000;
const errorsAllowed = 2;

/** What the stream's event "state" and the poll path say. */
interface Report {
  state: string;
  remaining: number;
  version: string;
  progress?: string;
}

function isReport(value: unknown): value is Report {
  if (typeof value !== "object" || value === null) return false;
  const report = value as Partial<Record<keyof Report, unknown>>;
  const progress = typeof report.progress;
  if (progress !== "string" && progress !== "undefined") return false;
  return typeof report.state === "string" && typeof report.remaining === "number" && typeof report.version === "string";
}

/**
 * Watches for the element that carries data-stream, data-poll, data-version
 * and data-next, and leaves by `go` with the path of data-next.
 */
export function watch(root: HTMLElement, go: (path: string) => void): void {
  const { stream = "", poll = "", version = "", next = "" } = root.dataset;
  let source: EventSource | undefined;
  let polling = false;
  let left = false;

  const leave = (): void => {
    if (left) return;
    left = true;
    source?.close();
    go(next === "" ? window.location.pathname : next);
  };

  // The clock here may be ahead of the server's: ask until it says so too.
  const countdown = countDown(root, () => startPolling());

  const progress = followProgress(root, next === "" ? window.location.pathname : next, leave);

  const take = (value: unknown): void => {
    if (left || !isReport(value)) return;
    if (value.version !== version) leave();
    else {
      countdown.set(value.remaining);
      progress.told(value.progress);
    }
  };

  async function ask(): Promise<void> {
    if (left || poll === "") return;
    try {
      const response = await fetch(poll, { headers: { Accept: "application/json" }, cache: "no-store" });
      // The session or what was waited for is gone: the page says what became of it.
      if (response.status >= 400 && response.status < 500 && response.status !== 429) leave();
      else if (response.ok) take(await response.json());
    } catch {
      // No connection. What is on the page stays true; the next round asks again.
    }
  }

  function startPolling(): void {
    if (polling || left) return;
    polling = true;
    source?.close();
    const round = async (): Promise<void> => {
      await ask();
      if (left) polling = false;
      else window.setTimeout(() => void round(), askEvery);
    };
    void round();
  }

  const startStream = (): void => {
    if (stream === "" || typeof EventSource === "undefined") {
      startPolling();
      return;
    }
    let errors = 0;
    source = new EventSource(stream);
    const late = window.setTimeout(startPolling, openWithin);
    source.addEventListener("open", () => {
      window.clearTimeout(late);
      errors = 0;
    });
    source.addEventListener("state", (event) => {
      try {
        take(JSON.parse((event as MessageEvent<string>).data));
      } catch {
        startPolling();
      }
    });
    source.addEventListener("error", () => {
      errors += 1;
      if (errors >= errorsAllowed || source?.readyState === EventSource.CLOSED) {
        window.clearTimeout(late);
        startPolling();
      }
    });
  };

  startStream();
  // What the person does leads on by itself, and the news of it must not overtake it.
  document.addEventListener("submit", () => {
    left = true;
    source?.close();
  });
  // A browser that slept, or came back through its history, asks at once.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") void ask();
  });
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    left = false;
    if (polling) void ask();
    else startPolling(); // the stream was closed when the page went away
  });
  window.addEventListener("pagehide", () => source?.close());
}
