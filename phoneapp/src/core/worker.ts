// Registers the service worker, and lets a newer one take over only when that disturbs nobody.

/**
 * quiet says whether nothing is going on that a reload would interrupt. A new version that is ready when the app starts, or
 * becomes ready while nothing goes on and the page is out of sight, is taken; otherwise the next start takes it.
 */
export function registerWorker(quiet: () => boolean): void {
  if (!("serviceWorker" in navigator)) return;
  const workers = navigator.serviceWorker;
  const replaced = workers.controller !== null;
  let asked = false;
  workers.addEventListener("controllerchange", () => {
    // The first worker that this page ever had changes nothing in what the page runs.
    if (replaced && asked) location.reload();
  });
  workers
    .register("/sw.js", { scope: "/", updateViaCache: "none" })
    .then((registration) => {
      const take = (): void => {
        if (!registration.waiting || !quiet() || asked) return;
        asked = true;
        registration.waiting.postMessage("skip-waiting");
      };
      take();
      document.addEventListener("visibilitychange", () => {
        if (document.visibilityState === "hidden") take();
      });
    })
    .catch(() => {
      // Without a worker the app still works while the phone is online.
    });
}
