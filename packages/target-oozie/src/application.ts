import { Buffer } from "node:buffer"
import { createHash } from "node:crypto"
import type { Definition, DefinitionFile, DefinitionTree } from "./definition.ts"
import { folderOf } from "./definition.ts"
import { readJavaProperties } from "./java-properties.ts"
import type { Properties } from "./job-configuration.ts"

/** The property that names the folder of an application; definitions refer to each other below it. */
export const rootProperty = "millraceRoot"

/** One definition with all that it needs, named by its content. */
export interface Application {
  readonly definition: Definition
  /** By path within the application. */
  readonly files: ReadonlyMap<string, Uint8Array>
  /** SHA-256 over all paths and contents, in hex. */
  readonly hash: string
  /** Of the properties file beside it. */
  readonly properties: Properties
  /** What else of the tree it takes in, by the key of `keyOf`. */
  readonly members: ReadonlySet<string>
}

export interface ApplicationOptions {
  /** Below the definition's own properties. */
  readonly properties: Properties
  /** Times that coordinators begin at in place of their own, by the key of `keyOf`. */
  readonly starts?: ReadonlyMap<string, string>
  /** Libraries and scripts below a folder of the tree. */
  filesBelow(folder: string): Promise<readonly DefinitionFile[]>
}

export function keyOf({ collection, id }: Pick<Definition, "collection" | "id">): string {
  return JSON.stringify([collection, id])
}

/**
 * A definition, what it names below `${millraceRoot}`, in turn, and the files in the folders of them all.
 *
 * The same content has the same hash wherever and whenever it is put together.
 */
export async function applicationOf(
  definition: Definition,
  tree: DefinitionTree,
  options: ApplicationOptions,
): Promise<Application> {
  const files = new Map<string, Uint8Array>()
  const members = new Set<string>()
  const folders = new Set<string>()
  const waiting = [definition]
  const own = propertiesOf(definition, tree)
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (members.has(keyOf(next))) continue
    members.add(keyOf(next))
    const text = next.print(options.starts?.get(keyOf(next)))
    files.set(next.path, Buffer.from(text, "utf8"))
    folders.add(folderOf(next.path))
    const mentions = [text, ...Object.values({ ...options.properties, ...propertiesOf(next, tree) })]
    waiting.push(...named(mentions, tree))
  }
  for (const folder of folders) {
    for (const file of tree.files) if (folderOf(file.path) === folder) files.set(file.path, file.bytes)
    for (const file of await options.filesBelow(folder)) files.set(file.path, file.bytes)
  }
  const sorted = new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)))
  const digests = [...sorted].map(([path, bytes]) => [path, sha256(bytes)])
  return {
    definition,
    files: sorted,
    hash: sha256(Buffer.from(JSON.stringify(digests), "utf8")),
    properties: own,
    members,
  }
}

/**
 * The properties beside a definition: `<its name>.properties`, else `job.properties`, in its folder.
 *
 * Those that say what is run, and as whom, are ours to set.
 */
export function propertiesOf(definition: Definition, tree: DefinitionTree): Properties {
  const folder = folderOf(definition.path)
  const prefix = folder === "" ? "" : `${folder}/`
  const names = [definition.path.replace(/\.[^./]*$/, ".properties"), `${prefix}job.properties`]
  const file = names.map((name) => tree.files.find(({ path }) => path === name)).find((found) => found !== undefined)
  if (file === undefined) return {}
  const properties = readJavaProperties(Buffer.from(file.bytes).toString("utf8"))
  return Object.fromEntries(Object.entries(properties).filter(([name]) => !reserved.test(name)))
}

const reserved =
  /^(user\.name|group\.name|oozie\.(wf|coord|bundle)\.application\.path|oozie\.wf\.external\.id|millrace.*)$/

function named(texts: readonly string[], tree: DefinitionTree): readonly Definition[] {
  const paths = new Set<string>()
  for (const text of texts) {
    for (const [, path = ""] of text.matchAll(/\$\{millraceRoot\}\/([^\s<>"'$?#]+)/g))
      paths.add(path.replace(/\/+$/, ""))
  }
  return tree.definitions.filter(({ path }) => paths.has(path) || paths.has(folderOf(path)))
}

export function sha256(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex")
}
