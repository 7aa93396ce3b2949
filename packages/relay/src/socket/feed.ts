import { encodeServerMessage, formatWorkspaceRef } from "@millrace/protocol"
import type { StreamHead } from "@millrace/store"
import { mayRead } from "../access/grants.ts"
import { logPrefix, refOf, streamOf } from "../room/stream-name.ts"
import type { Connection } from "./connection.ts"
import type { Session } from "./session.ts"

/**
 * Tells the socket every readable workspace and its seq as they are, then every durable append. Status documents are not
 * workspaces and are left out, and so are deleted workspaces and generations before the one in force. A workspace that was reset is told
 * at once, with seq 0 while it is empty. The returned function ends it.
 */
export function openFeed(session: Session, connection: Connection): () => void {
  const told = new Map<string, number>()
  const tell = ({ stream, seq }: StreamHead): void => {
    const ref = refOf(stream)
    if (ref === undefined || ref.status || !mayRead(connection.claims, ref.name)) return
    if (!session.catalogue.isCurrent(ref) || (told.get(stream) ?? -1) >= seq) return
    told.set(stream, seq)
    const { generation } = ref
    const workspace = formatWorkspaceRef({ ...ref, generation: 1 })
    connection.send(encodeServerMessage({ type: "feed", workspace, generation, seq }))
  }
  // Watching begins before the listing, so that nothing falls between them.
  const unwatchStore = session.store.watch(logPrefix, tell)
  const unwatchCatalogue = session.catalogue.onChanged(({ workspace, generation }) => {
    const stream = streamOf({ name: workspace, status: false, generation })
    void session.store.head(stream).then((seq) => tell({ stream, seq }))
  })
  const unwatch = (): void => {
    unwatchStore()
    unwatchCatalogue()
  }
  const listAll = async (): Promise<void> => {
    for await (const head of session.store.streams(logPrefix)) tell(head)
  }
  listAll().catch((cause: unknown) => {
    session.log.error("feed failed", { reason: String(cause) })
    unwatch()
    connection.close(1011, "The feed could not be read; reconnect.")
  })
  return unwatch
}
