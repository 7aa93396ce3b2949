import { MillraceError } from "@millrace/ports"
import { parseWorkspaceRef, type WorkspaceRef } from "@millrace/protocol"

/** The path and the query of a request, never throwing. The query may hold a token and is never written anywhere. */
export function pathOf(url: string | undefined): { readonly pathname: string; readonly searchParams: URLSearchParams } {
  const [pathname = "/", ...query] = (url ?? "/").split("?")
  return { pathname, searchParams: new URLSearchParams(query.join("?")) }
}

/** The workspace behind `prefix` in a path. Throws kind `invalid` for what is no workspace. */
export function refIn(pathname: string, prefix: string): WorkspaceRef {
  return parseWorkspaceRef(decodePart(pathname.slice(prefix.length)))
}

/** Throws kind `invalid` for a part of a path that is not percent-encoded UTF-8. */
export function decodePart(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch (cause) {
    throw new MillraceError("The path does not decode.", { kind: "invalid", cause })
  }
}
