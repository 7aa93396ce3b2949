import type { Records } from "@millrace/model"
import type { PlatformSchema } from "@millrace/workspace"

type Collections = Pick<Records<PlatformSchema>, "collection">

/** A small workflow `w`: start, one action, kill, end. */
export function putWorkflow(records: Collections): void {
  const nodes = records.collection("workflowNodes")
  const transitions = records.collection("workflowTransitions")
  records.collection("workflows").put("w", {
    name: "daily",
    path: "jobs/daily/workflow.xml",
    namespace: "uri:oozie:workflow:0.5",
  })
  nodes.put("w/start", { workflow: "w", kind: "start", order: "a" })
  nodes.put("w/clean", {
    workflow: "w",
    kind: "action",
    name: "clean",
    order: "b",
    action: "shell",
    actionAttributes: { xmlns: "uri:oozie:shell-action:0.3" },
    body: [{ name: "exec", children: ["run-a"] }],
  })
  nodes.put("w/kill", { workflow: "w", kind: "kill", name: "kill", order: "c", message: "it failed" })
  nodes.put("w/end", { workflow: "w", kind: "end", name: "end", order: "d" })
  transitions.put("w/start/start", { workflow: "w", from: "w/start", to: "w/clean", kind: "start", order: "a" })
  transitions.put("w/clean/ok", { workflow: "w", from: "w/clean", to: "w/end", kind: "ok", order: "a" })
  transitions.put("w/clean/error", { workflow: "w", from: "w/clean", to: "w/kill", kind: "error", order: "b" })
}
