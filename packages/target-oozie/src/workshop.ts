import { type Clock, messageOf, MillraceError } from "@millrace/ports"
import type { Refusal } from "@millrace/target"
import { hdfsRefusal, type WebHdfsClient } from "@millrace/target/webhdfs"
import { type Application, applicationOf, rootProperty } from "./application.ts"
import { localFilesBelow } from "./application-files.ts"
import { classifyOozie } from "./classify.ts"
import type { OozieClient } from "./client.ts"
import type { OozieConfig } from "./config.ts"
import type { Definition, DefinitionTree, PublishedCollection } from "./definition.ts"
import type { Properties } from "./job-configuration.ts"
import type { OozieFailure } from "./result.ts"
import { pathFault, upload } from "./upload.ts"

const maxNameLength = 255
/** More is E0736, and an hour's work for nobody. */
const maxDefinitionChars = 100_000

const pathProperty: Readonly<Record<PublishedCollection, string>> = {
  workflows: "oozie.wf.application.path",
  coordinators: "oozie.coord.application.path",
  bundles: "oozie.bundle.application.path",
}

/** What every part of the target works with. */
export interface Workshop {
  readonly config: OozieConfig
  readonly client: OozieClient
  readonly hdfs: WebHdfsClient
  readonly clock: Clock
}

export function refusal(kind: Refusal["kind"], reason: string): Refusal {
  return { outcome: "failed", kind, reason }
}

export function refusedBy(workshop: Workshop, failure: OozieFailure): Refusal {
  return classifyOozie(failure, { nowMs: workshop.clock.nowMs() })
}

/** Puts an application together, or says why it can never be published as it is. */
export async function assemble(
  { config }: Workshop,
  definition: Definition,
  tree: DefinitionTree,
  starts: ReadonlyMap<string, string> = new Map(),
): Promise<Application | Refusal> {
  let application: Application
  try {
    application = await applicationOf(definition, tree, {
      properties: config.properties,
      starts,
      filesBelow: (folder) =>
        config.filesDir === undefined ? Promise.resolve([]) : localFilesBelow(config.filesDir, folder),
    })
  } catch (error) {
    if (error instanceof MillraceError) return refusal("invalid", error.message)
    return refusal("retry", `The files of ${definition.path} cannot be read: ${messageOf(error)}.`)
  }
  const fault = faultOf(application, tree)
  return fault === undefined ? application : refusal("invalid", fault)
}

/** Checks with the server's schemas, lays the application out, and has the server check it whole. */
export async function prepareApplication(
  workshop: Workshop,
  application: Application,
  workspace: string,
  signal: AbortSignal,
): Promise<Refusal | undefined> {
  const { client, hdfs, config } = workshop
  for (const [path, bytes] of application.files) {
    if (!path.endsWith(".xml")) continue
    const valid = await client.validate(new TextDecoder().decode(bytes), path, { signal })
    // Other XML, such as a site file, has no schema of Oozie's.
    if (!valid.done && (path === application.definition.path || valid.failure.outcome.type !== "answer")) {
      return refusedBy(workshop, valid.failure)
    }
  }
  const uploaded = await upload(hdfs, folderParts(config, workspace), application, signal)
  if (!uploaded.done) return hdfsRefusal(uploaded)
  const run = await client.dryRun(jobProperties(config, application, workspace), { signal })
  if (run.done || isOpenParameter(application, run.failure)) return undefined
  return refusedBy(workshop, run.failure)
}

/** A workflow whose parameters only its run gives is fit to be published. */
function isOpenParameter({ definition }: Application, { code, message }: OozieFailure): boolean {
  return definition.collection === "workflows" && (code === "E0738" || /cannot be resolved|E0738/.test(message))
}

/** The configuration of a job: the target's properties, the definition's, and those that say what is run. */
export function jobProperties(config: OozieConfig, application: Application, workspace: string): Properties {
  const root = `${config.nameNode}/${[...folderParts(config, workspace), application.hash].join("/")}`
  const { definition } = application
  return {
    nameNode: config.nameNode,
    ...config.properties,
    ...application.properties,
    "user.name": config.user,
    [rootProperty]: root,
    [pathProperty[definition.collection]]: `${root}/${definition.path}`,
  }
}

export function folderParts({ folder }: OozieConfig, workspace: string): readonly string[] {
  return [...folder.split("/").filter((each) => each !== ""), workspace]
}

function faultOf({ definition, files, members }: Application, tree: DefinitionTree): string | undefined {
  for (const path of files.keys()) {
    const fault = pathFault(path)
    if (fault !== undefined) return fault
  }
  // A longer one fails in the database, a minute later and without a name.
  if (definition.name.length > maxNameLength) return `The name is longer than ${maxNameLength} characters: shorten it.`
  if (new TextDecoder().decode(files.get(definition.path)).length > maxDefinitionChars) {
    return `The definition is longer than the ${maxDefinitionChars} characters that Oozie takes: split it.`
  }
  for (const member of tree.definitions) {
    const [problem] = members.has(JSON.stringify([member.collection, member.id])) ? member.problems : []
    if (problem !== undefined) return `${member.path}: ${problem}`
  }
  return undefined
}
