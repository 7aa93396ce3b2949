import type { PlainRecord } from "@millrace/model"
import { attributeOf, type Content, type Element, elementsOf, localName, textOf } from "./content.ts"
import { readEl } from "./el.ts"
import { frequencyFault } from "./frequency.ts"
import { listField, textField } from "./write-parts.ts"

/** A fault at a field of one record. */
export type FieldFault = readonly [field: string, reason: string]

const instant = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d(?:Z|[+-]\d{4})$/

/** Why a text is no time; undefined where it is, or where only a running job knows. */
export function timeFault(text: string): string | undefined {
  if (text.includes("${") || instant.test(text.trim())) return undefined
  return `"${text.slice(0, 40)}" is no time: write it as 2026-01-31T06:00Z`
}

/** What schedulers accept and never meant, and references that lead nowhere. */
export function coordinatorFaults(record: PlainRecord): readonly FieldFault[] {
  const faults: FieldFault[] = []
  const add = (field: string, fault: string | undefined): void => {
    if (fault !== undefined) faults.push([field, fault])
  }
  add("frequency", frequencyFault(textField(record, "frequency"), true))
  const [start, end] = [textField(record, "start"), textField(record, "end")]
  for (const [field, text] of [["start", start] as const, ["end", end] as const]) add(field, timeFault(text))
  if (instant.test(start) && instant.test(end) && timeOf(start) >= timeOf(end)) {
    add("end", `it ends at ${end}, which is not after its start at ${start}`)
  }
  const timezone = textField(record, "timezone")
  if (timezone.trim() === "") add("timezone", "it has no time zone: UTC is one")
  const datasets = listField(record, "datasets")
  for (const fault of datasetFaults(datasets)) add("datasets", fault)
  for (const fault of controlFaults(elementsOf(listField(record, "controls")))) add("controls", fault)
  faults.push(...eventFaults(record, datasets))
  return faults
}

export function datasetFaults(contents: readonly Content[]): readonly string[] {
  const faults: string[] = []
  const seen = new Set<string>()
  for (const dataset of elementsOf(contents)) {
    const name = attributeOf(dataset, "name")
    if (name === undefined) continue
    if (seen.has(name)) faults.push(`two datasets are named "${name}": rename one`)
    seen.add(name)
    const frequency = attributeOf(dataset, "frequency")
    const wrong = [
      frequency === undefined ? undefined : frequencyFault(frequency, false),
      timeFault(attributeOf(dataset, "initial-instance") ?? "${}"),
    ].filter((each) => each !== undefined)
    faults.push(...wrong.map((each) => `dataset "${name}": ${each}`))
  }
  return faults
}

export function bundleFaults(record: PlainRecord): readonly FieldFault[] {
  const faults: FieldFault[] = []
  const names = elementsOf(listField(record, "coordinators")).map((each) => attributeOf(each, "name") ?? "")
  for (const name of new Set(names.filter((each, at) => names.indexOf(each) < at))) {
    faults.push(["coordinators", `two coordinators are named "${name}": rename one`])
  }
  for (const control of elementsOf(listField(record, "controls"))) {
    const fault = timeFault(textOf(control))
    if (localName(control.name) === "kick-off-time" && fault !== undefined) faults.push(["controls", fault])
  }
  return faults
}

const executions = ["FIFO", "LIFO", "LAST_ONLY", "NONE"]

function controlFaults(controls: readonly Element[]): readonly string[] {
  return controls.flatMap((control) => {
    const name = localName(control.name)
    const text = textOf(control).trim()
    if (text.includes("${")) return []
    if (name === "execution")
      return executions.includes(text) ? [] : [`execution "${text}" is none of ${executions.join(", ")}`]
    const least = name === "timeout" ? -1 : 1
    const isNumber = /^-?\d{1,9}$/.test(text) && Number(text) >= least
    return isNumber ? [] : [`${name} "${text}" is no whole number from ${least}`]
  })
}

function eventFaults(record: PlainRecord, datasets: readonly Content[]): readonly FieldFault[] {
  const faults: FieldFault[] = []
  const known = new Set(elementsOf(datasets).map((each) => attributeOf(each, "name")))
  const includes = elementsOf(datasets).some(({ name }) => localName(name) === "include")
  const names: Record<"dataIn" | "dataOut", Set<string>> = { dataIn: new Set(), dataOut: new Set() }
  for (const [field, kind] of [["inputEvents", "dataIn"] as const, ["outputEvents", "dataOut"] as const]) {
    for (const event of deep(elementsOf(listField(record, field)))) {
      const [name, dataset] = [attributeOf(event, "name"), attributeOf(event, "dataset")]
      if (dataset === undefined) continue
      if (name !== undefined && names[kind].has(name))
        faults.push([field, `two events are named "${name}": rename one`])
      if (name !== undefined) names[kind].add(name)
      if (!includes && !dataset.includes("${") && !known.has(dataset)) {
        faults.push([field, `event "${name ?? ""}" waits for the dataset "${dataset}", which is not there`])
      }
    }
  }
  const texts = [...deep(elementsOf(listField(record, "action")))]
    .map(textOf)
    .filter((text) => readEl(text).fault === undefined)
  for (const [, kind = "", name = ""] of texts
    .join("\n")
    .matchAll(/coord:(dataIn|dataOut)\(\s*["']([^"']*)["']\s*\)/g)) {
    if ((kind === "dataIn" || kind === "dataOut") && !names[kind].has(name)) {
      faults.push(["action", `coord:${kind}("${name}") names an event that is not there`])
    }
  }
  return faults
}

function* deep(elements: readonly Element[]): Iterable<Element> {
  for (const each of elements) {
    yield each
    yield* deep(elementsOf(each.children))
  }
}

// Offsets are written without a colon here, which `Date` does not take.
function timeOf(text: string): number {
  return Date.parse(text.replace(/([+-]\d{2})(\d{2})$/, "$1:$2"))
}
