import type { HdfsResult, WebHdfsClient } from "@millrace/target/webhdfs"
import type { Application } from "./application.ts"

/** A part of a path that HDFS and Oozie both take: Oozie refuses spaces and what URIs give a meaning. */
const part = /^[\p{L}\p{N}._@+=-]+$/u

/** Why an application cannot lie on HDFS; undefined where it can. */
export function pathFault(path: string): string | undefined {
  const bad = path.split("/").find((each) => !part.test(each) || each === "." || each === "..")
  if (bad === undefined) return undefined
  return `The path "${path}" cannot be published: name "${bad}" with letters, digits and . _ @ + = - only.`
}

/**
 * Lays an application into `folder/<hash>`, whole or not at all: beside first, then renamed.
 *
 * What is there already is left as it is, since its name says what it holds; so a repeat writes nothing.
 */
export async function upload(
  hdfs: WebHdfsClient,
  folder: readonly string[],
  application: Application,
  signal: AbortSignal,
): Promise<HdfsResult<undefined>> {
  const place = [...folder, application.hash]
  const there = await hdfs.status(place, { signal })
  if (there.done) return { done: true, value: undefined }
  if (there.fault !== "absent") return there

  const draft = [...folder, `.${application.hash}.draft`]
  const cleared = await hdfs.remove(draft, { signal })
  if (!cleared.done) return cleared
  const made = new Set<string>()
  for (const [path, bytes] of application.files) {
    const parts = path.split("/")
    const above = [...draft, ...parts.slice(0, -1)]
    if (!made.has(above.join("/"))) {
      const folderMade = await hdfs.makeFolder(above, { permission: "755", signal })
      if (!folderMade.done) return folderMade
      made.add(above.join("/"))
    }
    const written = await hdfs.write([...draft, ...parts], bytes, { permission: "644", signal })
    if (!written.done) return written
  }
  const renamed = await hdfs.rename(draft, place, { signal })
  if (!renamed.done) return renamed
  if (renamed.value) return { done: true, value: undefined }
  const now = await hdfs.status(place, { signal })
  return now.done ? { done: true, value: undefined } : now
}
