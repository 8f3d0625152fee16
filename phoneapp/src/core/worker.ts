// Registers the service worker, and lets a newer one take over only when nothing is going on.

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
