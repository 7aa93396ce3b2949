import { openRawDocument } from "@millrace/client/node"
import type { MillraceError } from "@millrace/ports"
import * as Y from "yjs"

const joinDeadlineMs = 30_000

/** The document as a client that has nothing receives it. Rejects when it is not there in time or refused. */
export async function joinCold(url: string, workspace: string, token: string): Promise<Y.Doc> {
  const doc = new Y.Doc()
  let last: MillraceError | undefined
  const raw = openRawDocument({ url, workspace, token, doc, onError: (error) => (last = error) })
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`${workspace} was not there within ${joinDeadlineMs} ms (${last?.message ?? "no error"}).`))
    }, joinDeadlineMs)
  })
  try {
    await Promise.race([raw.synced, late])
    return doc
  } finally {
    clearTimeout(timer)
    raw.close()
  }
}
