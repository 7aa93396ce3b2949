import { MillraceError } from "@millrace/ports"
import { percentEncoded } from "./percent.ts"

export type Query = Readonly<Record<string, string | number | readonly string[]>>

/**
 * The request target of a base path, further segments and a query, every segment and value percent-encoded.
 *
 * Segments are taken as data: a slash in one stays inside it. `.`, `..` and empty ones are refused, because servers
 * resolve them even when encoded.
 */
export function requestPath(base: URL, segments: readonly string[], query: Query = {}): string {
  let path = base.pathname
  for (const segment of segments) {
    if (segment === "" || segment === "." || segment === "..") {
      throw new MillraceError(`"${segment}" cannot be a part of a URL's path; rename what it stands for.`, {
        kind: "invalid",
      })
    }
    path += (path.endsWith("/") ? "" : "/") + percentEncoded(segment)
  }
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((one) => `${percentEncoded(name)}=${percentEncoded(String(one))}`),
  )
  return pairs.length === 0 ? path : `${path}?${pairs.join("&")}`
}
