import { expect, test } from "vitest"
import { elementFaults, noScope, schemaNames, schemaOf } from "../src/grammar.ts"
import { actionForms, type Content, readForm, writeForm } from "../src/index.ts"

const shell = { action: "shell", namespace: "uri:oozie:shell-action:0.3" }
const body: readonly Content[] = [
  { name: "job-tracker", children: ["jt"] },
  { comment: " what runs " },
  { name: "exec", children: ["a.sh"] },
  { name: "argument", children: ["1"] },
  { name: "argument" },
  { name: "capture-output" },
]

test("M420 a form shows what an action's body has, and writes back only what it changes, in the schema's order", () => {
  expect(readForm(actionForms.shell, body)).toEqual({
    jobTracker: "jt",
    exec: "a.sh",
    arguments: ["1", ""],
    captureOutput: true,
  })
  const changed = writeForm(
    actionForms.shell,
    body,
    { exec: "b.sh", captureOutput: undefined, files: ["f"], configuration: [{ name: "a", value: "<b/>" }] },
    shell,
  )
  expect(changed).toEqual([
    { name: "job-tracker", children: ["jt"] },
    { comment: " what runs " },
    {
      name: "configuration",
      children: [
        {
          name: "property",
          children: [
            { name: "name", children: ["a"] },
            { name: "value", children: ["<b/>"] },
          ],
        },
      ],
    },
    { name: "exec", children: ["b.sh"] },
    { name: "argument", children: ["1"] },
    { name: "argument" },
    { name: "file", children: ["f"] },
  ])
  expect(writeForm(actionForms.shell, body, readForm(actionForms.shell, body), shell)).toEqual(body)
})

test("M420 the steps of an fs action keep their order", () => {
  const steps = ["delete", "mkdir", "delete"].map((name, at) => ({ name, attributes: [["path", String(at)] as const] }))
  const fs = { action: "fs", namespace: "uri:oozie:workflow:0.5" }
  const written = writeForm(actionForms.fs, [], { steps, nameNode: "n" }, fs)
  expect(written).toEqual([{ name: "name-node", children: ["n"] }, ...steps])
  expect(readForm(actionForms.fs, written)).toEqual({ nameNode: "n", steps })
})

/** The first workflow schema had actions that are extensions since. */
function newest(action: string): string {
  const having = schemaNames.filter((name) => schemaOf(name)?.elements[action] !== undefined)
  return having.filter((name) => name.includes("-action:")).at(-1) ?? having.at(-1) ?? ""
}

test("M421 every form has what the newest schema of its action has, and what it fills in is valid by it", () => {
  for (const [action, fields] of Object.entries(actionForms)) {
    const namespace = newest(action)
    const type = schemaOf(namespace)?.elements[action] ?? ""
    const content = schemaOf(namespace)?.types[type]?.[0] ?? ""
    const known = new Set(Object.values<{ readonly locals: readonly string[] }>(fields).flatMap(({ locals }) => locals))
    const names = content.match(/[a-z][\w.-]*(?=[?*+|() :]|$)/g) ?? []
    expect(
      names.filter((name) => !known.has(name)),
      action,
    ).toEqual([])
  }
  const filled = {
    shell: { exec: "x", arguments: ["a"], captureOutput: true, files: ["f"], nameNode: "n", jobTracker: "j" },
    java: { mainClass: "M", arguments: ["a"], javaOpts: "-X", files: ["f"] },
    spark: { master: "yarn", name: "n", jar: "j.jar", class: "C", mode: "cluster", sparkOpts: "o", arguments: ["a"] },
    hive: { script: "s.q", parameters: ["a=b"], configuration: [{ name: "a", value: "b" }] },
    hive2: { jdbcUrl: "jdbc:hive2://h", script: "s.q", parameters: ["a=b"], arguments: ["-v"] },
    pig: { script: "s.pig", parameters: ["a=b"], arguments: ["-v"] },
    "map-reduce": { configuration: [{ name: "a", value: "b" }], files: ["f"], configClass: "C" },
    sqoop: { command: "import --table t" },
    distcp: { javaOpts: "-X", arguments: ["a", "b"] },
    ssh: { host: "h", command: "c", arguments: ["a"], captureOutput: true },
    email: { to: "a@example.org", subject: "s", body: "b", cc: "c@example.org" },
    "sub-workflow": { appPath: "/w", propagateConfiguration: true },
    git: { nameNode: "n", gitUri: "https://example.org/r.git", destinationUri: "/d", branch: "b" },
    fs: { steps: [{ name: "mkdir", attributes: [["path", "/a"]] }] },
  } as const
  for (const [action, patch] of Object.entries(filled)) {
    const fields = actionForms[action as keyof typeof actionForms] as never
    const namespace = newest(action)
    const written = writeForm(fields, [], patch as never, { action, namespace })
    const made = { name: action, attributes: [["xmlns", namespace] as const], children: written }
    expect(elementFaults(made, noScope), action).toEqual([])
  }
})
