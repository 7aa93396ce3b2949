import type { Closable, FeedOptions } from "./api.ts"
import { nodeLease } from "./ports.ts"

/** Hears of every durable append in the workspaces that the token may read, over any number of connections. */
export function watchFeed(options: FeedOptions): Closable {
  const lease = nodeLease(options)
  const end = lease.relay.openFeed({
    item: ({ workspace, generation, seq }) => options.onItem({ workspace, generation, seq }),
    connected: () => options.onConnected?.(),
    closed: (error) => options.onError?.(error),
  })
  return {
    close: () => {
      end()
      lease.release()
    },
  }
}
