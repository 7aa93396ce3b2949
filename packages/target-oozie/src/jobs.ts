/** The three kinds of jobs; ids end with their letter. */
export type JobKind = "wf" | "coordinator" | "bundle"

/** An action of a workflow, or an instance of a coordinator. */
export interface JobAction {
  readonly id: string
  /** A workflow action's name; empty for instances. */
  readonly name: string
  readonly type: string
  readonly status: string
  /** Of a coordinator's instance: its workflow. */
  readonly externalId: string
  readonly errorCode: string
  readonly errorMessage: string
  readonly nominalMs: number | undefined
  readonly startMs: number | undefined
  readonly endMs: number | undefined
  readonly missing: string
  readonly consoleUrl: string
}

export interface Job {
  readonly id: string
  readonly kind: JobKind
  readonly name: string
  readonly status: string
  readonly user: string
  /** Configuration as XML; empty in lists. */
  readonly conf: string
  readonly path: string
  readonly startMs: number | undefined
  readonly endMs: number | undefined
  readonly pauseMs: number | undefined
  /** Of a coordinator: what it will make next. */
  readonly nextMs: number | undefined
  readonly concurrency: number | undefined
  readonly parentId: string
  readonly consoleUrl: string
  readonly actions: readonly JobAction[]
  /** Of a bundle. */
  readonly coordinators: readonly Job[]
}

const ended = new Set(["SUCCEEDED", "KILLED", "FAILED", "DONEWITHERROR", "TIMEDOUT", "SKIPPED", "IGNORED"])

/** Whether nothing more will come of a job or an instance with this status. */
export function hasEnded(status: string): boolean {
  return ended.has(status)
}

type Fields = Readonly<Record<string, unknown>>

/** Reads a job as `show=info` and lists have it; undefined for anything else. */
export function jobOf(value: unknown): Job | undefined {
  if (typeof value !== "object" || value === null) return undefined
  const fields = value as Fields
  const id = text(fields["id"]) || text(fields["coordJobId"]) || text(fields["bundleJobId"])
  const kind = kindOf(id)
  if (kind === undefined) return undefined
  const isWorkflow = kind === "wf"
  return {
    id,
    kind,
    name: text(fields[isWorkflow ? "appName" : kind === "coordinator" ? "coordJobName" : "bundleJobName"]),
    status: text(fields["status"]),
    user: text(fields["user"]),
    conf: text(fields["conf"]),
    path: text(fields[isWorkflow ? "appPath" : kind === "coordinator" ? "coordJobPath" : "bundleJobPath"]),
    startMs: timeOf(fields["startTime"]),
    endMs: timeOf(fields["endTime"]),
    pauseMs: timeOf(fields["pauseTime"]),
    nextMs: timeOf(fields["nextMaterializedTime"]),
    concurrency: typeof fields["concurrency"] === "number" ? fields["concurrency"] : undefined,
    parentId: text(fields["parentId"]),
    consoleUrl: text(fields["consoleUrl"]),
    actions: listOf(fields["actions"]).map(actionOf),
    coordinators: listOf(fields["bundleCoordJobs"])
      .map(jobOf)
      .filter((job) => job !== undefined),
  }
}

export function kindOf(id: string): JobKind | undefined {
  const letter = /^[\w-]+-([WCB])$/.exec(id)?.[1]
  return letter === "W" ? "wf" : letter === "C" ? "coordinator" : letter === "B" ? "bundle" : undefined
}

function actionOf(value: unknown): JobAction {
  const fields = (typeof value === "object" && value !== null ? value : {}) as Fields
  return {
    id: text(fields["id"]),
    name: text(fields["name"]),
    type: text(fields["type"]),
    status: text(fields["status"]),
    externalId: text(fields["externalId"]),
    errorCode: text(fields["errorCode"]),
    errorMessage: text(fields["errorMessage"]),
    nominalMs: timeOf(fields["nominalTime"]),
    startMs: timeOf(fields["startTime"]) ?? timeOf(fields["createdTime"]),
    endMs:
      timeOf(fields["endTime"]) ??
      (fields["nominalTime"] === undefined ? undefined : timeOf(fields["lastModifiedTime"])),
    missing: text(fields["missingDependencies"]),
    consoleUrl: text(fields["consoleUrl"]),
  }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function text(value: unknown): string {
  return typeof value === "string" && value !== "-" ? value : ""
}

/** Oozie prints times as `Sat, 21 Nov 2026 08:00:00 GMT`. */
function timeOf(value: unknown): number | undefined {
  const atMs = typeof value === "string" ? Date.parse(value) : NaN
  return Number.isNaN(atMs) ? undefined : atMs
}

/** A time as Oozie takes it in definitions and changes: UTC, whole minutes. */
export function oozieTime(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 16)}Z`
}
