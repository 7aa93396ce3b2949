export const shellCachePrefix = "millrace-shell-"

export function shellCacheName(version: string): string {
  return `${shellCachePrefix}${version}`
}

/** Paths that belong to the server, whatever the shell's list says. */
const serverPaths = ["/sync", "/dev", "/api", "/livez", "/readyz", "/metrics"]

export interface ShellRequest {
  readonly method: string
  readonly mode: string
  readonly url: string
}

/**
 * The file of the shell that answers a request, or undefined when the network has to.
 *
 * Opening the page answers with "/", whatever its query; other requests need to name a file of the list exactly.
 */
export function shellFileFor(request: ShellRequest, origin: string, files: ReadonlySet<string>): string | undefined {
  if (request.method !== "GET") return undefined
  const url = new URL(request.url)
  if (url.origin !== origin) return undefined
  if (serverPaths.some((path) => url.pathname === path || url.pathname.startsWith(`${path}/`))) return undefined
  if (request.mode === "navigate") return url.pathname === "/" || url.pathname === "/index.html" ? "/" : undefined
  return files.has(url.pathname) && url.search === "" ? url.pathname : undefined
}
