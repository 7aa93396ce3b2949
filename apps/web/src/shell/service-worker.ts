/**
 * Serves the page's shell from its cache first, so that the page opens with no server at all.
 *
 * A version is cached whole or not at all: a failed fetch fails the installation and the version in force stays. A new
 * version waits until no page uses the old one, or until the page asks for it. Data never passes through here: what is
 * not a file of the shell goes to the network untouched.
 */
import { shellCacheName, shellCachePrefix, shellFileFor } from "./shell-files.ts"

/** Set by the build: the files of the shell and the hash of all their bytes. */
declare const __SHELL__: { readonly version: string; readonly files: readonly string[] }

const worker = globalThis as unknown as ServiceWorkerGlobalScope
const cacheName = shellCacheName(__SHELL__.version)
const files: ReadonlySet<string> = new Set(__SHELL__.files)

worker.addEventListener("install", (event) => {
  event.waitUntil(install())
})

worker.addEventListener("activate", (event) => {
  event.waitUntil(activate())
})

worker.addEventListener("message", (event) => {
  if (event.data === "activate") event.waitUntil(worker.skipWaiting())
})

worker.addEventListener("fetch", (event) => {
  const file = shellFileFor(event.request, worker.location.origin, files)
  if (file !== undefined) event.respondWith(fromCache(file, event.request))
})

async function install(): Promise<void> {
  const cache = await worker.caches.open(cacheName)
  // "reload" passes the browser's HTTP cache by: a stale index.html would name files of another version.
  await cache.addAll(Array.from(files, (file) => new Request(file, { cache: "reload" })))
}

async function activate(): Promise<void> {
  const names = await worker.caches.keys()
  const old = names.filter((name) => name.startsWith(shellCachePrefix) && name !== cacheName)
  await Promise.all(old.map((name) => worker.caches.delete(name)))
  await worker.clients.claim()
}

async function fromCache(file: string, request: Request): Promise<Response> {
  const cache = await worker.caches.open(cacheName)
  // A browser may evict the cache under storage pressure; then the network is the way back.
  return (await cache.match(file)) ?? (await worker.fetch(request))
}
