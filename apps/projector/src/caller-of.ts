import type { Caller } from "@millrace/projector"
import { type Claims, roleFor } from "@millrace/relay/access"

/** Who calls, from what a verified token says. */
export function callerOf(claims: Claims): Caller {
  return {
    subject: claims.subject,
    roleIn: (workspace) => roleFor(claims, workspace),
    isAdminOfAll: claims.workspaces["*"] === "admin",
  }
}
