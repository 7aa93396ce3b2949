import type {
  Closable,
  FeedOptions,
  FollowOptions,
  RawDocument,
  RawDocumentOptions,
  RelayOptions,
} from "@millrace/client/node"
import { followLog, openRawDocument, watchFeed } from "@millrace/client/node"

/** What a projector needs of a relay; the connection's own options are bound already. */
export interface RelayPort {
  follow(options: Omit<FollowOptions, keyof RelayOptions>): Closable
  feed(options: Omit<FeedOptions, keyof RelayOptions>): Closable
  document(options: Omit<RawDocumentOptions, keyof RelayOptions>): RawDocument
}

/** The relay at a URL. Every connection asks for a token anew and comes back by itself. */
export function relayAt(relay: RelayOptions): RelayPort {
  return {
    follow: (options) => followLog({ ...relay, ...options }),
    feed: (options) => watchFeed({ ...relay, ...options }),
    document: (options) => openRawDocument({ ...relay, ...options }),
  }
}
