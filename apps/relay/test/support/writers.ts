import { join } from "node:path"
import { systemClock, systemRandom } from "@millrace/ports"
import { openKeyFile, signToken } from "@millrace/relay/access"
import * as Y from "yjs"
import { connect, type RawReplica } from "../../../../packages/relay/test/support/raw-client.ts"

export const relayFile: string = join(import.meta.dirname, "../../src/main.ts")
export const readyLine = /^relay listening on http:\/\/(\S+)$/

/** A token for every workspace, signed with the key in the data folder. */
export async function tokenFor(dataDir: string): Promise<string> {
  const key = await openKeyFile(join(dataDir, "auth.key"), systemRandom)
  return signToken({
    key,
    subject: "writer",
    workspaces: { "*": "write" },
    expiresAtMs: systemClock.nowMs() + 3_600_000,
  })
}

/** A person who writes numbered lines into a list without pause and knows which of them were acknowledged. */
export interface Writer {
  readonly written: readonly string[]
  /** Lines that the relay said are durable, as far as heard until now. */
  acked(): readonly string[]
  write(): void
  /** Dies with its document: nothing of it comes back to repair what the relay lost. */
  die(): void
}

export async function startWriter(host: string, token: string, workspace: string, name: string): Promise<Writer> {
  const replica = await connect(`ws://${host}/sync`, token, workspace)
  const written: string[] = []
  const frameOf: number[] = []
  return {
    written,
    acked: () => {
      const durable = replica.client.heard.findLast((message) => message.type === "durable")
      return written.filter((_, index) => (frameOf[index] ?? Infinity) <= (durable?.received ?? 0))
    },
    write: () => {
      const line = `${name}-${written.length}`
      replica.doc.getArray<string>("lines").push([line])
      written.push(line)
      frameOf.push(replica.sent)
    },
    die: () => {
      replica.client.socket.terminate()
      replica.doc.destroy()
    },
  }
}

/** Every line that a newcomer finds in the workspace. */
export async function linesIn(host: string, token: string, workspace: string): Promise<readonly string[]> {
  const reader: RawReplica = await connect(`ws://${host}/sync`, token, workspace, new Y.Doc())
  const lines = reader.doc.getArray<string>("lines").toArray()
  if (reader.doc.store.pendingStructs !== null) throw new Error("The workspace depends on edits that it lacks.")
  reader.client.socket.terminate()
  return lines
}
