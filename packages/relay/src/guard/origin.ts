/** Origins from which browsers may connect: exact (`https://app.example`), or `*` for any. */
export type Origins = readonly string[]

/**
 * Whether an upgrade with these headers is let through. Clients that are no browsers send no Origin and pass: it defends users of
 * browsers against other sites, and a token is needed besides.
 *
 * Without a list the page must come from the host that it connects to, whatever the port.
 */
export function isOriginAllowed(origin: string | undefined, host: string | undefined, allowed: Origins): boolean {
  if (origin === undefined) return true
  if (allowed.includes("*")) return true
  if (allowed.length > 0) return allowed.includes(origin.toLowerCase())
  const from = hostnameOf(origin)
  return from !== undefined && from === hostnameOf(`http://${host ?? ""}`)
}

/** An origin as it is compared; undefined for what is none. */
export function normalOrigin(text: string): string | undefined {
  if (text === "*") return text
  try {
    const url = new URL(text)
    const bare = url.pathname === "/" && url.search === "" && url.hash === "" && url.username === ""
    return bare && (url.protocol === "http:" || url.protocol === "https:") ? url.origin.toLowerCase() : undefined
  } catch {
    return undefined
  }
}

function hostnameOf(url: string): string | undefined {
  try {
    return new URL(url).hostname
  } catch {
    return undefined
  }
}
