// The service worker: the whole app, camera reader included, is on the phone, so that it opens without a network. What the
// API says is never kept.

/// <reference lib="webworker" />
export {};

declare const self: ServiceWorkerGlobalScope;
/** Written by build.mjs: a hash over everything listed, and the paths of everything that the app is made of. */
declare const PRECACHE: { readonly version: string; readonly paths: readonly string[] };

const cacheName = `nodkey-${PRECACHE.version}`;
const shell = "/";
const listed = new Set(PRECACHE.paths);

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
  if (request.mode === "navigate") event.respondWith(kept(shell, request));
  else if (listed.has(url.pathname)) event.respondWith(kept(url.pathname, request));
});

async function fill(): Promise<void> {
  const cache = await caches.open(cacheName);
  // "reload": what the browser's own cache holds under "/" may be the version before.
  await cache.addAll(PRECACHE.paths.map((path) => new Request(path, { cache: "reload", credentials: "same-origin" })));
}

async function takeOver(): Promise<void> {
  for (const name of await caches.keys()) {
    if (name.startsWith("nodkey-") && name !== cacheName) await caches.delete(name);
  }
  await self.clients.claim();
}

/** What was kept under this path; from the network only where the browser cleared it. */
async function kept(path: string, request: Request): Promise<Response> {
  const cache = await caches.open(cacheName);
  return (await cache.match(path)) ?? fetch(request);
}
