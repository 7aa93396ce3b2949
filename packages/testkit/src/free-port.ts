import { createServer } from "node:net"

/**
 * A TCP port of 127.0.0.1 that nothing listens on at this moment.
 *
 * For programs that cannot listen on port 0 and say which they got; another process may take it in between.
 */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once("error", reject)
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}
