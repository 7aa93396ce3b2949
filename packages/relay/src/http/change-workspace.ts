import { MillraceError } from "@millrace/ports"
import { checkAdmin } from "../access/grants.ts"
import type { Claims } from "../access/token.ts"
import { deleteWorkspace, resetWorkspace, restoreWorkspace } from "../catalogue/changes.ts"
import type { WorkspaceState } from "../catalogue/workspace-state.ts"
import { type Answer, jsonAnswer } from "./answer.ts"
import { plainName } from "./read-workspace.ts"
import { readJsonBody } from "./read-body.ts"
import type { RouteContext } from "./route.ts"

export async function deleteOne({ session, workspace }: RouteContext, claims: Claims): Promise<Answer> {
  const name = adminName(workspace, claims)
  return stateAnswer(await deleteWorkspace(session, name, claims.subject))
}

export async function restoreOne({ session, workspace }: RouteContext, claims: Claims): Promise<Answer> {
  const name = adminName(workspace, claims)
  return stateAnswer(await restoreWorkspace(session, name, claims.subject))
}

export async function resetOne({ session, workspace, request }: RouteContext, claims: Claims): Promise<Answer> {
  const name = adminName(workspace, claims)
  const { generation, content = "state" } = await readJsonBody(request)
  if (!Number.isSafeInteger(generation) || (content !== "state" && content !== "empty")) {
    throw new MillraceError(
      'Send { "generation": N, "content": "state" | "empty" }, N being the generation that is to end.',
      { kind: "invalid" },
    )
  }
  return stateAnswer(await resetWorkspace(session, name, { from: generation as number, content }, claims.subject))
}

/** The name in the path, once the token is known to be an admin's there. */
export function adminName(workspace: string, claims: Claims): string {
  const name = plainName(workspace)
  checkAdmin(claims, { name, status: false, generation: 1 })
  return name
}

function stateAnswer({ workspace, generation, deleted }: WorkspaceState): Answer {
  return jsonAnswer(200, { workspace, generation, deleted: deleted ?? null })
}
