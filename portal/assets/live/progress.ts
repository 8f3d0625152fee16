// What is going on changes in place: the page is fetched again, and its parts
// that carry data-swap take the place of the ones here. The countdown goes on,
// the focus stays where it is, and nothing else is touched.

const tryAgainAfter = 2000;

/** Follows how far a request has come. */
export interface Progress {
  /** Takes the server's word; another one than before brings the parts up to date. */
  told(version: string | undefined): void;
}

/**
 * Follows for the element that carries data-version and data-progress; one
 * without data-progress shows nothing of it. The page stands at `path`; when
 * it is another page by now, `leave` is called.
 */
export function followProgress(root: HTMLElement, path: string, leave: () => void): Progress {
  let shown = root.dataset["progress"];
  if (shown === undefined) return { told: () => undefined };
  let wanted = shown;
  let busy = false;

  async function catchUp(): Promise<void> {
    busy = true;
    while (shown !== wanted) {
      const now = wanted;
      const fresh = await fetched(root, path);
      if (fresh === "gone") {
        leave();
        return;
      }
      if (fresh === "away") {
        await new Promise((resolve) => window.setTimeout(resolve, tryAgainAfter));
        continue;
      }
      swapParts(root, fresh);
      say(root, fresh);
      shown = now;
    }
    busy = false;
  }

  return {
    told(version) {
      if (version === undefined) return;
      wanted = version;
      if (!busy) void catchUp();
    },
  };
}

/** The page's element of now; "gone" when the page is another one, "away" without a connection. */
async function fetched(root: HTMLElement, path: string): Promise<HTMLElement | "gone" | "away"> {
  let response: Response;
  try {
    response = await fetch(path, { headers: { Accept: "text/html" }, cache: "no-store", redirect: "manual" });
    if (response.status >= 500 || response.status === 429) return "away";
    if (!response.ok) return "gone"; // a redirect, too, has no status that is fine
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = page.getElementById(root.id);
    return fresh !== null && fresh.dataset["version"] === root.dataset["version"] ? fresh : "gone";
  } catch {
    return "away";
  }
}

function swapParts(root: HTMLElement, fresh: HTMLElement): void {
  for (const part of root.querySelectorAll<HTMLElement>("[data-swap]")) {
    const next = fresh.querySelector(`#${CSS.escape(part.id)}`);
    if (next === null || next.innerHTML === part.innerHTML) continue;
    const focused = part.contains(document.activeElement) ? document.activeElement : null;
    part.replaceChildren(...Array.from(next.childNodes, (child) => document.importNode(child, true)));
    if (focused !== null) keepFocus(part, focused.id);
  }
}

/** The focus goes to what has the same id now, and to the part itself where that takes none. */
function keepFocus(part: HTMLElement, id: string): void {
  const same = id === "" ? null : part.querySelector<HTMLElement>(`#${CSS.escape(id)}`);
  same?.focus();
  if (same === null || document.activeElement !== same) part.focus();
}

/** What is new is said once, politely. */
function say(root: HTMLElement, fresh: HTMLElement): void {
  const news = fresh.dataset["news"] ?? "";
  if (news === (root.dataset["news"] ?? "")) return;
  root.dataset["news"] = news;
  const said = root.querySelector("[data-said]");
  if (said !== null) said.textContent = news;
}
