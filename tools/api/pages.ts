import { readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { type Declaration, declarationsOf } from "./declarations.ts"
import { type ExportedName, exportsOf } from "./exports.ts"

interface Entry {
  /** What applications import. */
  readonly name: string
  /** Folder of the package. */
  readonly folder: string
  /** Its index, from the package's `src`. */
  readonly index: string
  readonly about: string
}

/** What applications import, in the order in which they meet it. */
const entries: readonly Entry[] = [
  {
    name: "@millrace/client",
    folder: "packages/client",
    index: "index.ts",
    about: "A workspace in a browser: records, status, handles of writes.",
  },
  {
    name: "@millrace/client/react",
    folder: "packages/client",
    index: "react/index.ts",
    about: "Hooks for React.",
  },
  {
    name: "@millrace/client/node",
    folder: "packages/client",
    index: "node/index.ts",
    about: "The same without a browser, and what services follow.",
  },
  {
    name: "@millrace/model",
    folder: "packages/model",
    index: "index.ts",
    about: "Schemas, and records on a Y.Doc: queries, undo, conflicts, migrations, generations.",
  },
  {
    name: "@millrace/indexeddb",
    folder: "packages/indexeddb",
    index: "index.ts",
    about: "The local copy, and records as object stores.",
  },
]

/** All pages of docs/api by their file's name, made from what `tsc -b` emitted. */
export function apiPages(root: string): ReadonlyMap<string, string> {
  const pages = new Map<string, string>()
  for (const entry of entries) pages.set(fileOf(entry.name), pageOf(root, entry))
  const list = entries.map(({ name, about }) => `- [\`${name}\`](${fileOf(name)}): ${about}`)
  const intro = "Everything that applications import, made from the sources by `npm run api`; do not edit it here."
  pages.set("README.md", `# API\n\n${intro}\n\n${list.join("\n")}\n`)
  return pages
}

function pageOf(root: string, { name, folder, index, about }: Entry): string {
  const exported = exportsOf(readFileSync(join(root, folder, "src", index), "utf8"))
  const sections = exported.map((each) => sectionOf(root, join(folder, "dist", dirname(index)), each))
  const summary = exported.map(({ name: each }) => `[\`${each}\`](#${each.toLowerCase()})`).join(", ")
  return `# ${name}\n\n${about}\n\n${summary}\n\n${sections.join("\n")}`
}

function sectionOf(root: string, folder: string, exported: ExportedName): string {
  const { name, original, from } = exported
  if (!from.startsWith(".")) {
    const entry = entries.find((each) => each.name === from)
    const place = entry === undefined ? `\`${from}\`` : `[\`${from}\`](${fileOf(from)}#${original.toLowerCase()})`
    return `## ${name}\n\nFrom ${place}.\n`
  }
  const file = join(root, folder, from.replace(/\.ts$/, ".d.ts"))
  const found = declarationsOf(readFileSync(file, "utf8")).find((each) => each.name === original)
  if (found === undefined) throw new Error(`${file} declares no "${original}".`)
  return textOf(name, found)
}

function textOf(name: string, { about, code }: Declaration): string {
  const prose = about.replace(/^@throws /gm, "Throws: ").replaceAll("@internal", "Internal.")
  return `## ${name}\n\n${prose === "" ? "" : `${prose}\n\n`}\`\`\`ts\n${code}\n\`\`\`\n`
}

function fileOf(name: string): string {
  return `${name.replace("@millrace/", "").replaceAll("/", "-")}.md`
}
