// The log and the step line, by server-sent events. The browser's EventSource comes back by itself and goes on where it was.

const linesKept = 200;

interface Line {
  at: string;
  text: string;
}

interface Progress {
  step: number;
  count: string;
  hint: string;
}

export interface Log {
  clear(): void;
}

export function follow(document: Document, url: string): Log {
  const log = document.getElementById("log");
  const lines = document.getElementById("log-lines");
  const source = new EventSource(url);
  source.addEventListener("line", (event: MessageEvent<string>) => {
    if (log !== null && lines !== null) addLine(log, lines, JSON.parse(event.data) as Line);
  });
  source.addEventListener("step", (event: MessageEvent<string>) => {
    showProgress(document, JSON.parse(event.data) as Progress);
  });
  window.addEventListener("pagehide", () => source.close());
  // Back from the browser's history: the stream was closed, so the page is fetched anew.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) window.location.reload();
  });
  return { clear: () => lines?.replaceChildren() };
}

function addLine(log: HTMLElement, lines: HTMLElement, { at, text }: Line): void {
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 8;
  const item = document.createElement("li");
  const time = document.createElement("time");
  const words = document.createElement("span");
  time.textContent = at;
  words.textContent = text;
  item.append(time, words);
  lines.append(item);
  while (lines.childElementCount > linesKept) lines.firstElementChild?.remove();
  if (atEnd) log.scrollTop = log.scrollHeight;
}

/** Moves the dip to the step; what is before it is done. */
export function showProgress(document: Document, { step, count, hint }: Progress): void {
  const dip = document.getElementById("steps-dip");
  document.querySelectorAll("#steps > li").forEach((item, index) => {
    item.classList.toggle("step-done", index < step);
    item.classList.toggle("step-now", index === step);
    if (index === step) {
      item.setAttribute("aria-current", "step");
      if (dip !== null) item.prepend(dip);
    } else {
      item.removeAttribute("aria-current");
    }
  });
  write(document.getElementById("steps-count"), count);
  write(document.getElementById("hint"), hint);
}

/** Only what changed is written, so that a screen reader does not say it twice. */
function write(place: HTMLElement | null, text: string): void {
  if (place !== null && place.textContent !== text) place.textContent = text;
}
