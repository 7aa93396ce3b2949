import { jsonAnswer, textAnswer } from "./answer.ts"
import { deleteOne, resetOne, restoreOne } from "./change-workspace.ts"
import { compactOne, listQuarantined } from "./compact-workspace.ts"
import { describeOne, historyOf, listAll, statisticsOf } from "./read-workspace.ts"
import { listRevocations, revoke } from "./revoke.ts"
import type { Route } from "./route.ts"
import { exportOne, importOne } from "./transfer-workspace.ts"

const prometheusText = "text/plain; version=0.0.4; charset=utf-8"

/** Everything that is answered over HTTP; openapi.json describes the same and a test compares them. */
export const routes: readonly Route[] = [
  { method: "GET", path: "/livez", open: true, handle: () => jsonAnswer(200, { live: true }) },
  {
    method: "GET",
    path: "/readyz",
    open: true,
    handle: ({ process }) => jsonAnswer(process.ready() ? 200 : 503, { ready: process.ready() }),
  },
  {
    method: "GET",
    path: "/metrics",
    open: true,
    handle: ({ session, process }) =>
      textAnswer(
        prometheusText,
        session.metrics.page({
          connections: process.connections,
          channels: () => session.rooms.peers,
          rooms: () => session.rooms.count,
          revocations: () => session.revocations.count,
          quarantined: () => session.compactor.quarantined().length,
        }),
      ),
  },
  { method: "GET", path: "/workspaces", open: false, handle: listAll },
  { method: "GET", path: "/workspaces/{workspace}", open: false, handle: describeOne },
  { method: "DELETE", path: "/workspaces/{workspace}", open: false, handle: deleteOne },
  { method: "GET", path: "/workspaces/{workspace}/statistics", open: false, handle: statisticsOf },
  { method: "GET", path: "/workspaces/{workspace}/history", open: false, handle: historyOf },
  { method: "POST", path: "/workspaces/{workspace}/restore", open: false, handle: restoreOne },
  { method: "POST", path: "/workspaces/{workspace}/reset", open: false, handle: resetOne },
  { method: "GET", path: "/workspaces/{workspace}/export", open: false, handle: exportOne },
  { method: "POST", path: "/workspaces/{workspace}/import", open: false, handle: importOne },
  { method: "POST", path: "/workspaces/{workspace}/compact", open: false, handle: compactOne },
  { method: "GET", path: "/quarantine", open: false, handle: listQuarantined },
  { method: "GET", path: "/revocations", open: false, handle: listRevocations },
  { method: "POST", path: "/revocations", open: false, handle: revoke },
]
