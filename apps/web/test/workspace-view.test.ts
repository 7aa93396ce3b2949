import type { WorkspaceStatus } from "@millrace/client"
import { MillraceError } from "@millrace/ports"
import { describe, expect, test } from "vitest"
import { workspaceView } from "../src/status/workspace-view.ts"

const calm: WorkspaceStatus = {
  connection: "online",
  permission: "write",
  waiting: 0,
  seq: 1,
  generation: 1,
  caughtUp: true,
  catchingUp: undefined,
  storage: "open",
  lastError: undefined,
  bindings: [],
}
const failure = new MillraceError("down", { kind: "unavailable", retry: "now" })

describe("W11 the header says saved only when it is", () => {
  test.each<[string, Partial<WorkspaceStatus>, number, string, string]>([
    ["all calm", {}, 0, "saved", "Saved"],
    ["records wait", { waiting: 2 }, 0, "saving", "Saving, 2 waiting"],
    ["this browser still stores", {}, 1, "saving", "Saving"],
    ["others' edits still come", { caughtUp: false }, 0, "saving", "Syncing"],
    ["no socket", { connection: "offline", waiting: 3 }, 0, "offline", "Offline, 3 waiting"],
    ["no socket, nothing waits", { connection: "offline" }, 0, "offline", "Offline"],
    ["first attempt", { connection: "connecting" }, 0, "connecting", "Connecting"],
    [
      "another attempt",
      { connection: "connecting", lastError: failure, waiting: 1 },
      0,
      "offline",
      "Offline, 1 waiting",
    ],
    ["refused", { connection: "refused", waiting: 4 }, 0, "refused", "Refused, 4 waiting"],
    ["reading the copy", { storage: "opening" }, 0, "opening", "Opening"],
    ["the browser refuses", { storage: "failed" }, 0, "storage-failed", "Not kept in this browser"],
    ["memory only, on the relay", { storage: "memory" }, 0, "saved", "Saved"],
  ])("%s", (_, change, storing, state, label) => {
    expect(workspaceView({ ...calm, ...change }, storing)).toMatchObject({
      state,
      label,
      waiting: change.waiting ?? 0,
    })
  })
})
