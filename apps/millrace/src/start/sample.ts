import { messageOf } from "@millrace/ports"
import { sampleCatalog } from "@millrace/workspace"
import { importTables } from "../connect/import-tables.ts"
import { get } from "../connect/token.ts"
import type { DevToken } from "../front/dev-token.ts"
import type { Io } from "../io.ts"

export const sampleWorkspace = "catalog"

/**
 * Brings the sample catalogue into a workspace whose log is still empty, so that what a person deleted stays deleted.
 * A failure is told and no more: the system works without the sample.
 */
export async function seedSample(origin: string, devToken: DevToken, io: Io): Promise<void> {
  try {
    const { token } = await devToken()
    const status = await get(new URL(`/api/workspaces/${sampleWorkspace}/status`, origin), io, {
      authorization: `Bearer ${token}`,
    })
    const { seq } = (await status.json()) as { readonly seq: number }
    if (!status.ok || seq > 0) return
    const connection = { url: origin, workspace: sampleWorkspace, token: () => token }
    await importTables(sampleCatalog, connection, io, () => {})
  } catch (thrown) {
    io.err(`The sample catalogue was not brought in: ${messageOf(thrown)}\n`)
  }
}
