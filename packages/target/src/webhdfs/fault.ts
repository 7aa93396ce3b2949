import type { Refusal } from "../classify.ts"
import type { HttpAnswer, HttpOutcome } from "../http/outcome.ts"
import type { FailureKind } from "../receipt.ts"

/**
 * Why HDFS did not do something.
 *
 * - `unreached` no NameNode or DataNode got the request
 * - `unanswered` it was sent, and no answer came: it may have taken effect
 * - `safe-mode` HDFS takes no writes now
 * - `busy` no NameNode is active, none of the DataNodes can be used, or another passing fault
 * - `denied` our user may not do that, or is not known
 * - `absent` there is no such file or folder
 * - `exists` something stands there already
 * - `full` a quota or the disks are used up
 * - `invalid` HDFS cannot have such a name or take such a request
 * - `foreign` something else than WebHDFS answers at this URL
 */
export type HdfsFault =
  | "unreached"
  | "unanswered"
  | "safe-mode"
  | "busy"
  | "denied"
  | "absent"
  | "exists"
  | "full"
  | "invalid"
  | "foreign"

export interface HdfsFailure {
  readonly fault: HdfsFault
  /** For people: what HDFS said. Never a secret. */
  readonly reason: string
}

export type HdfsResult<T> = { readonly done: true; readonly value: T } | ({ readonly done: false } & HdfsFailure)

export function hdfsDone<T>(value: T): HdfsResult<T> {
  return { done: true, value }
}

export function hdfsFailed(fault: HdfsFault, reason: string): HdfsResult<never> {
  return { done: false, fault, reason }
}

const byException: Readonly<Record<string, HdfsFault>> = {
  AccessControlException: "denied",
  AuthorizationException: "denied",
  SecurityException: "denied",
  InvalidToken: "denied",
  FileNotFoundException: "absent",
  FileAlreadyExistsException: "exists",
  PathIsNotEmptyDirectoryException: "exists",
  ParentNotDirectoryException: "exists",
  SafeModeException: "safe-mode",
  StandbyException: "busy",
  RetriableException: "busy",
  NSQuotaExceededException: "full",
  DSQuotaExceededException: "full",
  QuotaByStorageTypeExceededException: "full",
  IllegalArgumentException: "invalid",
  InvalidPathException: "invalid",
  FSLimitException: "invalid",
  PathComponentTooLongException: "invalid",
  UnsupportedOperationException: "foreign",
}

/** What an answer without success, or none, means. Total: what nobody explains is `busy`, to be tried again. */
export function hdfsFailure(outcome: HttpOutcome): HdfsResult<never> {
  switch (outcome.type) {
    case "unreached":
      return hdfsFailed("unreached", `HDFS cannot be reached: ${outcome.reason}`)
    case "unknown":
      return hdfsFailed("unanswered", `HDFS did not answer: ${outcome.reason}`)
    case "unauthenticated":
      return hdfsFailed("denied", outcome.reason)
    case "answer":
      return refused(outcome)
  }
}

/** Whether a NameNode says that another one is the active one. */
export function isStandby(answer: HttpAnswer): boolean {
  return answer.status >= 400 && remoteException(answer.body)?.exception === "StandbyException"
}

function refused(answer: HttpAnswer): HdfsResult<never> {
  const remote = remoteException(answer.body)
  if (remote === undefined) {
    const said = `${answer.host} answered ${answer.status} to a WebHDFS request`
    if (answer.status === 401 || answer.status === 403) {
      return hdfsFailed("denied", `${said}: check the user and the credentials`)
    }
    if (answer.status >= 500 && answer.status !== 501) return hdfsFailed("busy", said)
    return hdfsFailed("foreign", `${said}: check that the url is that of a NameNode and ends with /webhdfs/v1`)
  }
  const reason = `HDFS at ${answer.host} says ${remote.exception}: ${oneLine(remote.message)}`
  // A NameNode wraps its safe mode in other exceptions, by release and by operation.
  if (/\bsafe ?mode\b/i.test(remote.message)) return hdfsFailed("safe-mode", reason)
  // Likewise a full cluster: a DataNode that cannot be had is an IOException whose text alone tells.
  if (/no space left|could only be (written|replicated) to 0/i.test(remote.message)) return hdfsFailed("full", reason)
  return hdfsFailed(byException[remote.exception] ?? (answer.status === 400 ? "invalid" : "busy"), reason)
}

function remoteException(body: string): { readonly exception: string; readonly message: string } | undefined {
  let parsed: unknown
  try {
    parsed = JSON.parse(body)
  } catch {
    return undefined
  }
  if (typeof parsed !== "object" || parsed === null || !("RemoteException" in parsed)) return undefined
  const inner = parsed.RemoteException
  if (typeof inner !== "object" || inner === null) return undefined
  const { exception, message } = inner as { exception?: unknown; message?: unknown }
  if (typeof exception !== "string") return undefined
  return { exception, message: typeof message === "string" ? message : "" }
}

/** The first line, which says it, without the stack that some releases put behind it. */
function oneLine(message: string): string {
  const line = (message.split("\n", 1)[0] ?? "")
    // oxlint-disable-next-line no-control-regex -- what a server says goes into logs and terminals
    .replace(/[\u0000-\u0020\u007f-\u009f]+/g, " ")
    .trim()
  return line === "" ? "no reason given" : line.slice(0, 500)
}

const kinds: Readonly<Record<HdfsFault, FailureKind>> = {
  unreached: "retry",
  unanswered: "retry",
  "safe-mode": "retry",
  busy: "retry",
  full: "retry",
  foreign: "retry",
  denied: "auth",
  absent: "gone",
  exists: "conflict",
  invalid: "invalid",
}

/** A failure of HDFS as a target's receipt says it: only a bad name is ever a record's fault. */
export function hdfsRefusal({ fault, reason }: HdfsFailure): Refusal {
  return { outcome: "failed", kind: kinds[fault], reason: reason.endsWith(".") ? reason : `${reason}.` }
}
