import { basename } from "node:path"
import { openRecords } from "@millrace/model"
import { messageOf, MillraceError } from "@millrace/ports"
import { canonicalXml, parseXml, printXml } from "@millrace/target-oozie/xml"
import { definitionOf, importDefinition, isDefinition, platformSchema, sourceOf } from "@millrace/workspace"
import { Command } from "commander"
import { Doc } from "yjs"
import { readDefinitionFile } from "../connect/definition-tree.ts"
import { jsonOption } from "../connect/options.ts"
import type { Io } from "../io.ts"

/** What is said of one file. */
export interface CheckedFile {
  readonly file: string
  readonly kind: "workflow" | "coordinator" | "bundle" | "datasets" | null
  /** Whether it comes out of a workspace saying just what went in. */
  readonly equal: boolean
  readonly valid: boolean
  readonly problems: readonly CheckedProblem[]
}

interface CheckedProblem {
  /** The record, such as `workflowNodes/workflow.xml#load`; empty where the file as a whole is meant. */
  readonly record: string
  readonly field: string
  readonly reason: string
}

const kinds = {
  workflows: "workflow",
  coordinators: "coordinator",
  bundles: "bundle",
  datasetDefinitions: "datasets",
} as const

export function definitionsCommand(io: Io): Command {
  const check = new Command("check")
    .configureOutput({ writeOut: io.out, writeErr: io.err })
    .exitOverride()
    .description(
      "Say of each file what it is, whether it comes out of a workspace as it went in, and what is wrong with it. One line of JSON a file; needs no server.",
    )
    .argument("<file...>", "workflows, coordinators, bundles, files of datasets")
    .addOption(jsonOption())
    .action(async (files: readonly string[]) => {
      let bad = 0
      for (const file of files) {
        const checked = await checkFile(file)
        if (!checked.equal || !checked.valid) bad++
        io.out(`${JSON.stringify(checked)}\n`)
      }
      if (bad > 0) {
        throw new MillraceError(`${bad} of ${files.length} files have problems; each is named above.`, {
          kind: "invalid",
        })
      }
    })
  return new Command("definitions")
    .description("Look into files of definitions; with --json as without.")
    .addCommand(check)
}

async function checkFile(file: string): Promise<CheckedFile> {
  const records = openRecords(new Doc(), platformSchema)
  try {
    const document = await readDefinitionFile(file)
    if (!isDefinition(document))
      throw new MillraceError(`<${document.root.name}> is no definition.`, { kind: "invalid" })
    const { collection, id } = importDefinition(records, basename(file), document)
    const definition = definitionOf(sourceOf(records), collection, id)
    if (definition === undefined) throw new MillraceError("it has no record.", { kind: "bug" })
    const printed = parseXml(printXml(definition.document))
    const problems = definition.problems.map((each) => ({
      record: `${each.collection}/${each.id}`,
      field: each.field,
      reason: each.reason,
    }))
    const equal = canonicalXml(printed) === canonicalXml(document)
    return { file, kind: kinds[collection], equal, valid: problems.length === 0, problems }
  } catch (thrown) {
    const problems = [{ record: "", field: "", reason: messageOf(thrown) }]
    return { file, kind: null, equal: false, valid: false, problems }
  } finally {
    records.destroy()
  }
}
