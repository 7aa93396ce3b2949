import type { Claims } from "../access/token.ts"
import { streamOf } from "../room/stream-name.ts"
import { exportLines } from "../transfer/export-log.ts"
import { importLog } from "../transfer/import-log.ts"
import { writeLog } from "../transfer/log-lines.ts"
import { type Answer, jsonAnswer } from "./answer.ts"
import { adminName } from "./change-workspace.ts"
import { readBody } from "./read-body.ts"
import { readable, shownName } from "./read-workspace.ts"
import type { RouteContext } from "./route.ts"

const ndjson = "application/x-ndjson; charset=utf-8"

/** The whole log, as it is when the answer begins. */
export function exportOne({ session, workspace }: RouteContext, claims: Claims): Answer {
  const ref = readable(session, workspace, claims)
  const head = { workspace: shownName(ref), generation: ref.generation }
  const lines = writeLog(head, exportLines(session.store, streamOf(ref)))
  return { status: 200, headers: { "content-type": ndjson, "cache-control": "no-store" }, body: "", lines }
}

export async function importOne({ session, workspace, request }: RouteContext, claims: Claims): Promise<Answer> {
  const name = adminName(workspace, claims)
  const file = await readBody(request, session.limits.maxImportBytes)
  return jsonAnswer(200, await importLog(session, name, file, claims.subject))
}
