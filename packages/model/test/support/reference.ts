/**
 * What records must come to, told without entries, tags or stamps: only from operations and from what each one's
 * writer had seen. It shares no code with the package.
 */
export interface Operation {
  readonly kind: "create" | "write" | "delete"
  readonly id: string
  /** Fields of a creation; the one field of a write. `undefined` removes. */
  readonly fields: ReadonlyMap<string, string | undefined>
  /** Numbers of the operations that the writer had seen, not this one. */
  readonly seen: ReadonlySet<number>
  /** 0 = written back from a target. */
  readonly writerClass: 0 | 1
}

/** What a replica shows of a record. */
export interface View {
  readonly record: ReadonlyMap<string, string> | undefined
  /** Values by field that are listed as concurrent; undefined stands for a removal. */
  readonly concurrent: ReadonlyMap<string, readonly (string | undefined)[]>
  readonly afterDelete: readonly { readonly field: string; readonly value: string | undefined }[]
}

export type Fault = "lost record" | "zombie" | "lost edit" | "leak" | "silent drop" | "beaten unseen" | "false conflict"

interface Write {
  readonly number: number
  readonly value: string | undefined
  readonly writerClass: 0 | 1
  readonly isCreation: boolean
}

/** Every way in which a view of the whole history differs from what it must be. */
export function faultsOf(operations: readonly Operation[], id: string, view: View): readonly Fault[] {
  const faults: Fault[] = []
  const living = livingCreations(operations, id)
  if (living.size > 0 && view.record === undefined) faults.push("lost record")
  if (living.size === 0 && view.record !== undefined) faults.push("zombie")
  const fields = new Set(operations.flatMap((operation) => (operation.id === id ? [...operation.fields.keys()] : [])))
  for (const field of fields) {
    const maximal = maximalWrites(operations, id, field, living)
    if (view.record !== undefined) faults.push(...valueFaults(maximal, view, field))
    if (living.size > 0 && view.record !== undefined) faults.push(...listFaults(maximal, view, field))
    for (const orphan of orphans(operations, id, field, living)) {
      const isListed = view.afterDelete.some((each) => each.field === field && each.value === orphan.value)
      if (!isListed) faults.push("silent drop")
    }
  }
  return faults
}

function livingCreations(operations: readonly Operation[], id: string): ReadonlySet<number> {
  const deletes = operations.filter((operation) => operation.kind === "delete" && operation.id === id)
  const living = new Set<number>()
  operations.forEach((operation, number) => {
    if (operation.kind !== "create" || operation.id !== id) return
    if (!deletes.some(({ seen }) => seen.has(number))) living.add(number)
  })
  return living
}

/** Edits of one field that neither a delete nor a later write has seen. */
function openEdits(operations: readonly Operation[], id: string, field: string): readonly number[] {
  const rivals = operations.filter((each) => each.id === id && (each.kind === "delete" || isEdit(each, field)))
  return operations.flatMap((operation, number) => {
    if (operation.id !== id || !isEdit(operation, field)) return []
    return rivals.some(({ seen }) => seen.has(number)) ? [] : [number]
  })
}

function isEdit(operation: Operation, field: string): boolean {
  return operation.kind === "write" && operation.fields.has(field)
}

/** An edit counts while a creation lives that its writer saw alive. */
function sawLiving(operations: readonly Operation[], number: number, living: ReadonlySet<number>): boolean {
  return [...living].some((creation) => operations.at(number)?.seen.has(creation) === true)
}

function maximalWrites(
  operations: readonly Operation[],
  id: string,
  field: string,
  living: ReadonlySet<number>,
): readonly Write[] {
  const edits = openEdits(operations, id, field).filter((number) => sawLiving(operations, number, living))
  const creations = [...living].filter((number) => {
    if (operations.at(number)?.fields.has(field) !== true) return false
    return !operations.some((each) => each.id === id && isEdit(each, field) && each.seen.has(number))
  })
  return [...edits, ...creations].map((number) => ({
    number,
    value: operations[number]?.fields.get(field),
    writerClass: operations[number]?.writerClass ?? 1,
    isCreation: operations[number]?.kind === "create",
  }))
}

function orphans(
  operations: readonly Operation[],
  id: string,
  field: string,
  living: ReadonlySet<number>,
): readonly { readonly value: string | undefined }[] {
  return openEdits(operations, id, field)
    .filter((number) => !sawLiving(operations, number, living))
    .map((number) => ({ value: operations[number]?.fields.get(field) }))
}

function valueFaults(maximal: readonly Write[], view: View, field: string): readonly Fault[] {
  const shown = view.record?.get(field)
  const meant = maximal.filter(({ value }) => value === shown)
  if (maximal.length === 0) return shown === undefined ? [] : ["leak"]
  if (meant.length === 0) return shown === undefined ? ["lost edit"] : ["leak"]
  // What a person typed is never beaten by a write-back that had not seen it, nor any edit by a mere creation.
  const rank = ({ isCreation, writerClass }: Write): number => (isCreation ? 0 : 2) + writerClass
  const highest = Math.max(...maximal.map(rank))
  return Math.max(...meant.map(rank)) === highest ? [] : ["beaten unseen"]
}

function listFaults(maximal: readonly Write[], view: View, field: string): readonly Fault[] {
  const shown = view.record?.get(field)
  const listed = view.concurrent.get(field) ?? []
  const values = maximal.map(({ value }) => value)
  if (listed.some((value) => !values.includes(value))) return ["false conflict"]
  return maximal.flatMap(({ value }) => (value === shown || listed.includes(value) ? [] : ["lost edit" as const]))
}
