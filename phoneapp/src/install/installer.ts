// The browser's own offer to install this app (Web Application Manifest, "beforeinstallprompt"): Chromium alone makes it, and
// only once it finds the app installable, which may be before or after the first screen is drawn.

interface InstallPrompt extends Event {
  prompt(): Promise<unknown>;
  readonly userChoice: Promise<{ readonly outcome: "accepted" | "dismissed" }>;
}

/** "none": nothing is offered (yet); "offered": ask() shows the browser's prompt; "installed": it is on the home screen. */
export type InstallState = "none" | "offered" | "dismissed" | "accepted" | "installed";

/** What the screens see of it. */
export interface Installer {
  readonly state: InstallState;
  /** Shows the browser's prompt; must be called from a tap. Never throws: a prompt that cannot be shown counts as dismissed. */
  ask(): Promise<void>;
  on(listener: () => void): () => void;
}

/** Listens from now on; call it before anything is awaited, or the offer may be missed. */
export function listenForInstall(window: Pick<Window, "addEventListener">): Installer {
  const listeners = new Set<() => void>();
  let state: InstallState = "none";
  let prompt: InstallPrompt | undefined;
  const become = (next: InstallState): void => {
    state = next;
    for (const listener of [...listeners]) listener();
  };
  window.addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault(); // the page says first whose app it is
    prompt = event as InstallPrompt;
    if (state === "none" || state === "dismissed") become("offered");
  });
  window.addEventListener("appinstalled", () => become("installed"));
  return {
    get state() {
      return state;
    },
    async ask() {
      const asked = prompt;
      prompt = undefined; // each prompt can be shown once
      if (asked === undefined) return;
      try {
        await asked.prompt();
        const { outcome } = await asked.userChoice;
        if (state === "offered") become(outcome);
      } catch (cause) {
        console.warn(cause);
        if (state === "offered") become("dismissed");
      }
    },
    on(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
