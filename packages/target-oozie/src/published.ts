import { randomUUID } from "node:crypto"
import { Buffer } from "node:buffer"
import type { Refusal } from "@millrace/target"
import { hdfsRefusal, type WebHdfsClient } from "@millrace/target/webhdfs"
import type { PublishedCollection } from "./definition.ts"
import { refusal } from "./workshop.ts"

/** A record as it was published last. */
export interface PublishedRecord {
  readonly version: number
  /** Canonical JSON text. */
  readonly fields: string
}

/** A definition as it was published last. */
export interface PublishedDefinition {
  readonly collection: PublishedCollection
  readonly id: string
  readonly name: string
  readonly path: string
  /** Of its application. */
  readonly hash: string
}

/** All that is published of a workspace; immutable. */
export interface Publication {
  /** By collection, then id. */
  readonly records: Readonly<Record<string, Readonly<Record<string, PublishedRecord>>>>
  readonly definitions: readonly PublishedDefinition[]
}

const fileName = "published.json"
const formatVersion = 1

/** What is published lies beside the applications, so that it is known wherever the projector's journal is not. */
export async function readPublication(
  hdfs: WebHdfsClient,
  folder: readonly string[],
  signal: AbortSignal,
): Promise<Publication | Refusal> {
  const text = await hdfs.read([...folder, fileName], { signal })
  if (!text.done) return text.fault === "absent" ? { records: {}, definitions: [] } : hdfsRefusal(text)
  const parsed = parse(text.value)
  const path = `/${[...folder, fileName].join("/")}`
  return (
    parsed ??
    refusal("retry", `${path} is not what this program wrote there: restore it, or remove it to publish all anew.`)
  )
}

/** Written beside, then moved over the former one. */
export async function writePublication(
  hdfs: WebHdfsClient,
  folder: readonly string[],
  publication: Publication,
  signal: AbortSignal,
): Promise<Refusal | undefined> {
  const draft = [...folder, `.${fileName}.${randomUUID()}`]
  const made = await hdfs.makeFolder(folder, { permission: "755", signal })
  if (!made.done) return hdfsRefusal(made)
  const bytes = Buffer.from(JSON.stringify({ version: formatVersion, ...publication }), "utf8")
  const written = await hdfs.write(draft, bytes, { permission: "644", signal })
  if (!written.done) return hdfsRefusal(written)
  const moved = await hdfs.replace(draft, [...folder, fileName], { signal })
  return moved.done ? undefined : hdfsRefusal(moved)
}

function parse(text: string): Publication | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed !== "object" || parsed === null || !("version" in parsed) || parsed.version !== formatVersion) {
      return undefined
    }
    const { records, definitions } = parsed as unknown as Publication
    return typeof records === "object" && Array.isArray(definitions) ? { records, definitions } : undefined
  } catch {
    return undefined
  }
}
