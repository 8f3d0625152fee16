// The service worker: the whole app, camera reader included, is on the phone, so that it opens without a network. What the
// API says is never kept. While the app is closed the worker says that a request waits, tells the server that it arrived, and
// renews the push subscription.

/// <reference lib="webworker" />
import { receive } from "./receive";
import { renew } from "./renew";
import { bringForward, plainWords, showPushed, textOf, wordsOf, type Place, type Says } from "./waiting";

declare const self: ServiceWorkerGlobalScope;
/** Written by build.mjs: a hash over everything listed, and the paths of everything that the app is made of. */
declare const PRECACHE: { readonly version: string; readonly paths: readonly string[] };

/** Written by build.mjs: what a notification shows; sentences by language. */
declare const WAITING: { readonly icon: string; readonly says: Says };

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

const request: typeof fetch = (...what) => self.fetch(...what);
const pause = async (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What a push is shown with. */
function place(): Place {
  const { registration, clients, location } = self;
  return {
    registration, clients, pause, icon: WAITING.icon, plain: plainWords(WAITING.says, self), words: async () => wordsOf(WAITING.says, self),
    receive: async (id, found) => receive(id, { origin: location.origin, request, wall: Date.now, pause }, found),
  };
}

self.addEventListener("push", (event) => {
  event.waitUntil(showPushed(textOf(event.data), place()));
});

self.addEventListener("pushsubscriptionchange", (event) => {
  event.waitUntil(renew(self.location.origin, self.registration.pushManager, request));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(bringForward(event.notification, self.clients));
});
