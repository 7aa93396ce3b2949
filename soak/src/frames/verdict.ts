import { followLog } from "@millrace/client/node"
import { messageOf } from "@millrace/ports"
import * as Y from "yjs"
import { attackedRoots } from "./updates.ts"

/** What the stored log says, entry by entry. */
export interface StoredLog {
  /** Every entry applied in order. */
  readonly doc: Y.Doc
  readonly entries: number
  /** Entries that do not decode or cannot be applied. */
  readonly problems: readonly string[]
}

/** Reads the whole durable log of a workspace. */
export async function readStoredLog(url: string, workspace: string, token: string): Promise<StoredLog> {
  const doc = new Y.Doc()
  const problems: string[] = []
  let entries = 0
  await new Promise<void>((resolve, reject) => {
    const follower = followLog({
      url,
      token,
      workspace,
      afterSeq: 0,
      generation: 0,
      onEntry: ({ seq, update }) => {
        entries += 1
        try {
          Y.decodeUpdate(update)
          Y.applyUpdate(doc, update, "log")
        } catch (thrown) {
          problems.push(`entry ${seq} cannot be applied: ${messageOf(thrown)} (${Buffer.from(update).toString("hex")})`)
        }
        if (isPending(doc) && problems.length === 0) {
          problems.push(`entry ${seq} leaves structs pending (${Buffer.from(update).toString("hex").slice(0, 400)})`)
        }
      },
      onCaughtUp: () => {
        follower.close()
        resolve()
      },
      onError: reject,
    })
  })
  return { doc, entries, problems }
}

export function isPending(doc: Y.Doc): boolean {
  return doc.store.pendingStructs !== null || doc.store.pendingDs !== null
}

/** Why two documents are not the same; undefined when they are. */
export function difference(one: Y.Doc, other: Y.Doc): string | undefined {
  const [a, b] = [Y.snapshot(one), Y.snapshot(other)]
  if (!Y.equalSnapshots(a, b)) return `clocks or deletions differ (${clientsThatDiffer(a, b)})`
  const [shownOne, shownOther] = [show(one), show(other)]
  const root = Object.keys(shownOne).find((name) => shownOne[name] !== shownOther[name])
  if (root === undefined) return undefined
  return `${root} differs: ${shownOne[root]?.slice(0, 300)} and ${shownOther[root]?.slice(0, 300)}`
}

function clientsThatDiffer(a: Y.Snapshot, b: Y.Snapshot): string {
  const clients = [...new Set([...a.sv.keys(), ...b.sv.keys()])].filter((id) => a.sv.get(id) !== b.sv.get(id))
  return clients.length === 0 ? "deletions" : clients.slice(0, 5).join(", ")
}

function show(doc: Y.Doc): Readonly<Record<string, string>> {
  return {
    [attackedRoots.text]: sorted(doc.getText(attackedRoots.text).toDelta()),
    [attackedRoots.map]: sorted(doc.getMap(attackedRoots.map).toJSON()),
    [attackedRoots.array]: sorted(doc.getArray(attackedRoots.array).toJSON()),
    [attackedRoots.xml]: sorted(doc.getXmlFragment(attackedRoots.xml).toJSON()),
    bag: sorted(doc.getArray("bag").toJSON()),
    text: doc.getText("text").toJSON(),
  }
}

/** JSON with the keys of every object in order: Yjs gives them as they arrived. */
function sorted(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}
