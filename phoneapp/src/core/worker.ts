// Registers the service worker, and lets a newer one take over only when nothing is going on.

import type { PushPage } from "./push";

/**
 * quiet says whether nothing is going on. A new version takes over when it is ready and it is quiet; the page that is open
 * is never reloaded for it, because it may hold what the person typed. The next start of the app shows the new version.
 */
export function registerWorker(quiet: () => boolean): void {
  if (!("serviceWorker" in navigator)) return;
  navigator.serviceWorker
    .register("/sw.js", { scope: "/", updateViaCache: "none" })
    .then((registration) => {
      const take = (): void => {
        if (quiet()) registration.waiting?.postMessage("skip-waiting");
      };
      registration.addEventListener("updatefound", () => registration.installing?.addEventListener("statechange", take));
      document.addEventListener("visibilitychange", take);
      take();
    })
    .catch(() => {
      // Without a worker the app still works while the phone is online.
    });
}

/** How long a worker may take to be ready, which on the first visit fetches the whole app; milliseconds. */
const ready = 60_000;

/** Web Push as the page has it; undefined where the browser does not know it. */
export function pagePush(): PushPage | undefined {
  if (typeof navigator === "undefined" || !("serviceWorker" in navigator) || !("PushManager" in globalThis)) return undefined;
  const { serviceWorker } = navigator;
  return {
    permission: () => (typeof Notification === "undefined" ? "denied" : Notification.permission),
    worker: async () => {
      const registration = await serviceWorker.getRegistration();
      if (registration?.active) return "ready";
      return registration === undefined ? "absent" : "starting";
    },
    heard: (listener) => {
      const hear = (event: MessageEvent<unknown>): void => {
        const { data } = event;
        if (typeof data === "object" && data !== null && "type" in data && data.type === "pushed" && "id" in data) listener(String(data.id));
      };
      serviceWorker.addEventListener("message", hear);
      return () => serviceWorker.removeEventListener("message", hear);
    },
    manager: async () => {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const end = new Promise<undefined>((resolve) => (timer = setTimeout(() => resolve(undefined), ready)));
      const registration = await Promise.race([serviceWorker.ready, end]).finally(() => clearTimeout(timer));
      return registration?.pushManager;
    },
  };
}
