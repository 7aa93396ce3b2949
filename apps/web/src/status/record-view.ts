import type { RecordState, RecordStatus, TargetState } from "@millrace/client"

/** Worst first: what a person should look at before anything else. */
export const recordStates: readonly RecordState[] = [
  "parked",
  "rejected",
  "conflict",
  "waiting",
  "pending",
  "durable",
  "accepted",
]

const labels: Readonly<Record<RecordState, string>> = {
  parked: "Parked",
  rejected: "Rejected",
  conflict: "Conflict",
  waiting: "Waiting",
  pending: "Pending",
  durable: "Saved",
  accepted: "Accepted",
}

const meanings: Readonly<Record<RecordState, string>> = {
  parked: "A target needs a person to act.",
  rejected: "Refused; tried again at the next change.",
  conflict: "Changed here and in the target; somebody must choose.",
  waiting: "Edited in this browser, not on the relay's disk yet.",
  pending: "On the relay's disk, not at every target yet.",
  durable: "On the relay's disk; no target takes it.",
  accepted: "Every target has its last state.",
}

export function stateLabel(state: RecordState): string {
  return labels[state]
}

export function stateMeaning(state: RecordState): string {
  return meanings[state]
}

const targetMeanings: Readonly<Record<TargetState["state"], string>> = {
  parked: "A person has to act before it is tried again.",
  rejected: "Refused; tried again at the next change.",
  conflict: "Changed here and there; somebody must choose.",
  waiting: "Not on the relay's disk yet, so not sent.",
  pending: "On its way.",
  accepted: "Has the last state.",
}

export function targetMeaning(state: TargetState["state"]): string {
  return targetMeanings[state]
}

/** The one that needs attention most; `durable` of nothing. */
export function worstState(states: Iterable<RecordState>): RecordState {
  let worst = recordStates.length
  for (const state of states) worst = Math.min(worst, recordStates.indexOf(state))
  return recordStates[worst] ?? "durable"
}

/** One line of "what each target said". */
export interface TargetLine {
  readonly target: string
  readonly binding: string
  readonly state: TargetState["state"]
  readonly reason: string | undefined
}

/** By target, then binding. */
export function targetLines(status: RecordStatus): readonly TargetLine[] {
  return Object.entries(status.targets)
    .map(([key, said]): TargetLine => {
      const slash = key.indexOf("/")
      return { target: key.slice(0, slash), binding: key.slice(slash + 1), state: said.state, reason: said.reason }
    })
    .sort((a, b) => (`${a.target}/${a.binding}` < `${b.target}/${b.binding}` ? -1 : 1))
}
