import { MillraceError } from "@millrace/ports"
import { Command } from "commander"
import { jsonOption, withServer, workspaceOption, type WorkspaceOptions } from "../connect/options.ts"
import { get, tokenFor } from "../connect/token.ts"
import type { Io } from "../io.ts"
import { table } from "../table.ts"

interface BindingStatus {
  readonly name: string
  readonly watermark: number
  readonly pending: number
  readonly synced: number
  readonly rejected: number
  readonly conflicts: number
  readonly parked: number
}

interface TargetStatus {
  readonly name: string
  /** How the projector gets on with it, and the last thing that went wrong there. */
  readonly state?: string
  readonly lastError?: string | null
  readonly bindings: readonly BindingStatus[]
}

/** What `GET /api/workspaces/<w>/status` answers, and `status --json` prints. */
export interface WorkspaceStatus {
  readonly workspace: string
  readonly seq: number
  readonly targets: readonly TargetStatus[]
}

const counts = ["watermark", "pending", "synced", "rejected", "conflicts", "parked"] as const

export function statusCommand(io: Io): Command {
  return withServer(new Command("status"))
    .description("Show how far each target is with a workspace: every living, bound record counts once.")
    .addOption(workspaceOption())
    .addOption(jsonOption())
    .action(async (options: WorkspaceOptions) => {
      const status = await fetchStatus(options, io)
      io.out(options.json ? `${JSON.stringify(status)}\n` : forPeople(status))
    })
}

async function fetchStatus(options: WorkspaceOptions, io: Io): Promise<WorkspaceStatus> {
  const authorization = `Bearer ${await tokenFor(options, io)}`
  const url = new URL(`/api/workspaces/${options.workspace}/status`, options.url)
  const response = await get(url, io, { authorization })
  const body: unknown = await response.json().catch(() => undefined)
  if (response.ok) return body as WorkspaceStatus
  throw new MillraceError(reasonOf(body) ?? `${url.origin} answered ${response.status} when asked for the status.`, {
    kind: response.status === 401 ? "unauthenticated" : response.status === 403 ? "forbidden" : "unavailable",
  })
}

function reasonOf(body: unknown): string | undefined {
  if (typeof body !== "object" || body === null || !("error" in body)) return undefined
  const error = body.error
  if (typeof error !== "object" || error === null || !("message" in error)) return undefined
  return typeof error.message === "string" ? error.message : undefined
}

function forPeople(status: WorkspaceStatus): string {
  const rows = status.targets.flatMap((target) =>
    target.bindings.map((binding) => [target.name, binding.name, ...counts.map((name) => String(binding[name]))]),
  )
  const head = `workspace ${status.workspace}, seq ${status.seq}\n`
  if (rows.length === 0) return `${head}No binding takes this workspace to a target.\n`
  return head + table(["target", "binding", ...counts], rows) + status.targets.map(trouble).join("")
}

function trouble({ name, state, lastError }: TargetStatus): string {
  if (lastError === undefined || lastError === null) return ""
  return `${name} (${state ?? "in trouble"}): ${lastError.replaceAll(/\p{Cc}/gu, " ")}\n`
}
