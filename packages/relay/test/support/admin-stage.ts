import { expect } from "vitest"
import { startTestRelay, type TestRelay, type TestRelayOptions } from "./relay.ts"
import { connect, type RawReplica } from "./raw-client.ts"

export interface Answered {
  readonly status: number
  readonly body: unknown
}

export interface AdminStage extends TestRelay {
  readonly admin: string
  readonly call: (method: string, path: string, options?: { token?: string; body?: string }) => Promise<Answered>
  /** A document of somebody's, in step with the workspace. */
  readonly edit: (workspace: string, value: string) => Promise<RawReplica>
}

/** A relay with an admin's token and calls in its name. */
export async function startAdminStage(options: TestRelayOptions = {}): Promise<AdminStage> {
  const relay = await startTestRelay(options)
  const admin = await relay.token({ "*": "admin" }, 60_000, "root")
  return {
    ...relay,
    admin,
    async call(method, path, { token = admin, body } = {}) {
      const answer = await fetch(relay.http + path, {
        method,
        headers: { authorization: `Bearer ${token}` },
        ...(body === undefined ? {} : { body }),
      })
      const text = await answer.text()
      const json = answer.headers.get("content-type")?.startsWith("application/json") === true
      return { status: answer.status, body: json ? JSON.parse(text) : text }
    },
    async edit(workspace, value) {
      const replica = await connect(relay.ws, await relay.token({ "*": "write" }, 60_000, "ann"), workspace)
      replica.doc.getMap("m").set("value", value)
      await replica.durable()
      return replica
    },
  }
}

export const refusal = (kind: string): unknown => ({ error: expect.objectContaining({ kind }) as unknown })
export const valueIn = (replica: RawReplica): unknown => replica.doc.getMap("m").get("value")
