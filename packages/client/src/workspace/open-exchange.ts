import type { DocStore, Tabs } from "@millrace/indexeddb"
import { asMillraceError, type MillraceError } from "@millrace/ports"
import * as Y from "yjs"
import { DocExchange, type DocExchangeOptions } from "../tabs/doc-exchange.ts"

export interface OpenExchangeOptions extends Pick<DocExchangeOptions, "name" | "doc" | "session" | "onWipe"> {
  /** Undefined where this process is alone. */
  readonly tabs: Tabs | undefined
  /** Undefined where nothing is kept. */
  readonly updates: DocStore | undefined
  /** Whether updates of this origin came from the relay. */
  readonly isRemote: (origin: unknown) => boolean
  readonly onFault: (fault: MillraceError) => void
}

/** The exchange of a workspace's document with other tabs; made after the copy and the link, so that those hear of an update first. */
export function openExchange(options: OpenExchangeOptions): DocExchange | undefined {
  const { tabs, updates, isRemote, onFault, ...rest } = options
  if (tabs === undefined) return undefined
  return new DocExchange({
    ...rest,
    tabs,
    isOwn: (origin) => !isRemote(origin) && updates?.isOwnOrigin(origin) !== true,
    unstored: (vector) =>
      updates === undefined ? Y.encodeStateAsUpdate(options.doc, vector) : updates.unstored(vector),
    readOn: () => void updates?.readOn().catch((thrown: unknown) => onFault(asMillraceError(thrown, "storage"))),
    onFault: (thrown) => onFault(asMillraceError(thrown, "corrupt")),
  })
}
