// @ts-check
// Keeps one page and its style at hand, so that a code can be noted where there is no network. Nothing personal is kept here.
(() => {
  'use strict';
  const worker = /** @type {any} */ (self);
  const NAME = 'linli-__VERSION__';
  const PAGE = '/check-in/offline';
  /** Filled in by the server: addresses of the style and the script, with their contents' hashes. @type {string[]} */
  const FILES = __FILES__;

  worker.addEventListener('install', (/** @type {any} */ event) => {
    event.waitUntil(
      caches
        .open(NAME)
        .then((cache) => cache.addAll([PAGE, ...FILES]))
        .then(() => worker.skipWaiting()),
    );
  });

  worker.addEventListener('activate', (/** @type {any} */ event) => {
    event.waitUntil(
      caches
        .keys()
        .then((names) =>
          Promise.all(
            names
              .filter((name) => name.startsWith('linli-') && name !== NAME)
              .map((name) => caches.delete(name)),
          ),
        )
        .then(() => worker.clients.claim()),
    );
  });

  worker.addEventListener('fetch', (/** @type {any} */ event) => {
    const { request } = event;
    if (request.method !== 'GET') return;
    const { origin, pathname } = new URL(request.url);
    if (origin !== worker.location.origin) return;
    // Only the way to the check-in leads to the kept page; every other page says itself that it cannot be reached.
    if (request.mode === 'navigate' && (pathname === '/check-in' || pathname === PAGE))
      event.respondWith(fetch(request).catch(() => caches.match(PAGE)));
    else if (FILES.includes(pathname))
      event.respondWith(caches.match(request).then((kept) => kept ?? fetch(request)));
  });
})();
