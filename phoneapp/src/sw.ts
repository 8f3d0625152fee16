// The service worker: the whole app, camera reader included, is on the phone, so that it opens without a network. What the
// API says is never kept.

/// <reference lib="webworker" />
export {};

declare const self: ServiceWorkerGlobalScope;
/** Written by build.mjs: a hash over everything listed, and the paths of everything that the app is made of. */
declare const PRECACHE: { readonly version: string; readonly paths: readonly string[] };

const cacheName = `nodkey-${PRECACHE.version}`;
const shell = "/";

self.addEventListener("install", (event) => {
  event.waitUntil(fill());
});

self.addEventListener("activate", (event) => {
  event.waitUntil(takeOver());
});

self.addEventListener("message", (event) => {
  // Asked by a page in which nothing is going on (core/worker.ts); without it the next start of the app does it.
  if (event.data === "skip-waiting") void self.skipWaiting();
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin || url.pathname.startsWith("/api/")) return;
  if (request.mode === "navigate") event.respondWith(keptShell(request));
  else if (url.pathname.startsWith("/assets/")) event.respondWith(keptAsset(request));
});

async function fill(): Promise<void> {
  const cache = await caches.open(cacheName);
  // "reload": what the browser's own cache holds under "/" may be the version before.
  await cache.addAll(PRECACHE.paths.map((path) => new Request(path, { cache: "reload", credentials: "same-origin" })));
}

/** A page of the version before may still be open and fetch its parts when it needs them: that one cache stays. */
async function takeOver(): Promise<void> {
  const others = (await caches.keys()).filter((name) => name.startsWith("nodkey-") && name !== cacheName);
  for (const name of others.slice(0, -1)) await caches.delete(name); // in the order in which they were made
  await self.clients.claim();
}

/** The page of this version; from the network only where the browser cleared the cache. */
async function keptShell(request: Request): Promise<Response> {
  const cache = await caches.open(cacheName);
  return (await cache.match(shell)) ?? fetch(request);
}

/** Names carry a hash, so it does not matter which version kept it. */
async function keptAsset(request: Request): Promise<Response> {
  return (await caches.match(request, { ignoreVary: true })) ?? fetch(request);
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(bringForward());
});

/** The app that is open comes to the front as it is; without one it is opened. */
async function bringForward(): Promise<void> {
  const [open] = await self.clients.matchAll({ type: "window" });
  if (open === undefined) await self.clients.openWindow("/");
  else await open.focus();
}
