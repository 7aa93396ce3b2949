import { checkAdminOfAll } from "../access/grants.ts"
import type { Claims } from "../access/token.ts"
import { streamIn } from "../catalogue/changes.ts"
import { deletedError } from "../catalogue/catalogue.ts"
import type { Quarantined } from "../compact/quarantine.ts"
import { type Answer, jsonAnswer } from "./answer.ts"
import { adminName } from "./change-workspace.ts"
import type { RouteContext } from "./route.ts"

/** Logs that do not compact, with why; they are served as they are. */
export function listQuarantined({ session }: RouteContext, claims: Claims): Answer {
  checkAdminOfAll(claims)
  return jsonAnswer(200, { quarantined: session.compactor.quarantined().map(shown) })
}

/** Compacts a workspace's log now, quarantined or not; answers once that is done or was found to be impossible. */
export async function compactOne({ session, workspace }: RouteContext, claims: Claims): Promise<Answer> {
  const name = adminName(workspace, claims)
  const { generation, deleted } = session.catalogue.stateOf(name)
  if (deleted !== undefined) throw deletedError(name, deleted.timeMs)
  const outcome = await session.compactor.compact(streamIn(name, generation))
  const isDone = outcome.type === "compacted"
  return jsonAnswer(200, {
    workspace: name,
    generation,
    seq: isDone ? outcome.seq : null,
    bytes: isDone ? outcome.bytes : null,
    reason: isDone ? null : outcome.reason,
  })
}

function shown({ stream, seq, reason, build, timeMs }: Quarantined): Quarantined {
  return { stream, seq, reason, build, timeMs }
}
