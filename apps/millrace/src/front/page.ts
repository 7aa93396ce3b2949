import type { IncomingMessage, ServerResponse } from "node:http"
import sirv from "sirv"

/**
 * Serves the built page. Files with a hash in their name are kept by browsers for ever; the page itself and its
 * service worker are asked for anew each time.
 */
export function servePage(pageDir: string): (request: IncomingMessage, response: ServerResponse) => void {
  const serve = sirv(pageDir, {
    etag: true,
    setHeaders: (response, path) => {
      response.setHeader(
        "cache-control",
        path.startsWith("/assets/") ? "public, max-age=31536000, immutable" : "no-cache",
      )
      response.setHeader("content-security-policy", policy)
      response.setHeader("x-content-type-options", "nosniff")
      response.setHeader("referrer-policy", "no-referrer")
    },
  })
  return (request, response) =>
    serve(request, response, () => {
      response.writeHead(404, { "content-type": "text/plain; charset=utf-8" }).end("There is no such page.\n")
    })
}

// Scripts, styles and sockets of this origin alone; `unsafe-inline` for styles because positions of list rows are
// set as style attributes.
const policy =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
