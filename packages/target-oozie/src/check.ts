import type { CheckResult } from "@millrace/target"
import { refusedBy, type Workshop } from "./workshop.ts"

/** Whether Oozie and HDFS both answer and are in their normal mode. */
export async function checkWorkshop(workshop: Workshop, signal: AbortSignal): Promise<CheckResult> {
  const status = await workshop.client.status({ signal })
  if (!status.done) return { ok: false, detail: refusedBy(workshop, status.failure).reason }
  if (status.value !== "NORMAL") {
    return {
      ok: false,
      detail: `Oozie is in the mode ${status.value} and takes no jobs: its administrator sets it to NORMAL.`,
    }
  }
  const parts = workshop.config.folder.split("/").filter((part) => part !== "")
  // Its folder may not be there yet, and the root always is; this tells a dead NameNode and a standby one.
  const home = await workshop.hdfs.status(parts, { signal })
  if (!home.done && home.fault !== "absent") return { ok: false, detail: home.reason }
  return { ok: true, detail: `Oozie takes jobs, and HDFS keeps ${workshop.config.folder}.` }
}
