/**
 * What records with fields of every kind must come to, told without entries, stamps, positions or Yjs: from what each
 * operation says, what it had seen of others' sayings, and which of those it takes back. It shares no code with the
 * package.
 */
export interface Base {
  readonly values: ReadonlyMap<string, string>
  readonly tags: ReadonlySet<string> | undefined
  readonly props: ReadonlyMap<string, string> | undefined
  /** Values by the key of the element. */
  readonly steps: ReadonlyMap<string, string> | undefined
}

export type Saying =
  | { readonly kind: "creation"; readonly id: string; readonly creation: number; readonly base: Base }
  | {
      readonly kind: "write"
      readonly id: string
      /** `title`, `tags`, `tags|a`, `steps|KEY`, `steps|KEY|p`. */
      readonly place: string
      /** Undefined removes; null is an element field that is there, maybe empty, or a move. */
      readonly value: string | null | undefined
      /** Creations that the writer saw alive. */
      readonly sees: ReadonlySet<number>
      readonly writerClass: 0 | 1
    }
  | {
      readonly kind: "char"
      readonly id: string
      /** The creations whose text it is in. */
      readonly sees: ReadonlySet<number>
      readonly char: string
    }

export interface Step {
  readonly says: readonly number[]
  readonly takesBack: readonly number[]
}

export interface KindsView {
  readonly record: Readonly<Record<string, unknown>> | undefined
  readonly listKeys: readonly string[]
  readonly concurrent: readonly {
    readonly field: string
    readonly element: string | null
    readonly part: string
    readonly candidates: readonly { readonly value: unknown }[]
  }[]
  readonly afterDelete: readonly {
    readonly field: string
    readonly element: string | null
    readonly part: string
    readonly value: unknown
  }[]
}

const elementFields = ["tags", "props", "steps"] as const

/** Everything that was ever said, and which steps said and took it back. */
export class Sayings {
  readonly all: Saying[] = []
  readonly steps: Step[] = []
  /** Characters that somebody deleted by typing, by the number of the operation. */
  readonly typedAway: Map<number, string> = new Map()
  /** Characters that an undo brought back: two who do so bring back two. */
  readonly revived: Set<string> = new Set()
  /** Pairs of list elements that were inserted in this order. */
  readonly order: (readonly [before: string, after: string])[] = []
  readonly moved: Set<string> = new Set()

  say(saying: Saying): number {
    this.all.push(saying)
    return this.all.length - 1
  }

  /** The number under which a character was said last; none for one that was not. */
  lastOf(id: string, char: string): readonly number[] {
    const last = this.all.findLastIndex((saying) => saying.kind === "char" && saying.id === id && saying.char === char)
    return last < 0 ? [] : [last]
  }

  /** Taken back by one and brought back by undo while another took it back too: his taking back stands. */
  isTwiceGone(char: string): boolean {
    const isOfChar = (number: number): boolean => {
      const saying = this.all[number]
      return saying?.kind === "char" && saying.char === char
    }
    return this.revived.has(char) && this.steps.filter(({ takesBack }) => takesBack.some(isOfChar)).length > 1
  }

  /** Numbers of what is said and not taken back, for one who has seen these steps. */
  alive(seen: Iterable<number>): ReadonlySet<number> {
    const alive = new Set<number>()
    const gone = new Set<number>()
    for (const number of seen) {
      for (const each of this.steps[number]?.says ?? []) alive.add(each)
      for (const each of this.steps[number]?.takesBack ?? []) gone.add(each)
    }
    for (const each of gone) alive.delete(each)
    return alive
  }
}

/** The alive sayings of one record. */
export class Standing {
  readonly creations: { readonly number: number; readonly creation: number; readonly base: Base }[] = []
  readonly active: { readonly number: number; readonly write: Saying & { kind: "write" } }[] = []
  readonly orphans: { readonly number: number; readonly write: Saying & { kind: "write" } }[] = []
  readonly chars: { readonly number: number; readonly char: string; readonly sees: ReadonlySet<number> }[] = []
  readonly living: ReadonlySet<number>

  constructor(sayings: Sayings, alive: ReadonlySet<number>, id: string) {
    const writes: { number: number; write: Saying & { kind: "write" } }[] = []
    for (const number of alive) {
      const saying = sayings.all[number]
      if (saying?.id !== id) continue
      if (saying.kind === "creation") this.creations.push({ number, creation: saying.creation, base: saying.base })
      else if (saying.kind === "char") this.chars.push({ number, char: saying.char, sees: saying.sees })
      else writes.push({ number, write: saying })
    }
    this.living = new Set(this.creations.map(({ creation }) => creation))
    for (const each of writes) {
      const isActive = [...each.write.sees].some((creation) => this.living.has(creation))
      ;(isActive ? this.active : this.orphans).push(each)
    }
  }

  /** Characters in texts of creations that live. */
  livingChars(): Standing["chars"] {
    return this.chars.filter(({ sees }) => [...sees].some((creation) => this.living.has(creation)))
  }

  at(place: string): readonly { readonly number: number; readonly write: Saying & { kind: "write" } }[] {
    return this.active.filter(({ write }) => write.place === place)
  }

  within(field: string): readonly { readonly number: number; readonly write: Saying & { kind: "write" } }[] {
    return this.active.filter(({ write }) => write.place === field || write.place.startsWith(`${field}|`))
  }

  /** Values of an element that are there: written ones, else those of bases that no removal hides. */
  element(field: (typeof elementFields)[number], name: string): readonly string[] {
    const writes = this.at(`${field}|${name}`)
    const adds = writes.flatMap(({ write }) => (typeof write.value === "string" ? [write.value] : []))
    if (adds.length > 0) return adds
    const replaced = this.at(field).flatMap(({ write }) => [...write.sees])
    return this.creations.flatMap(({ creation, base }) => {
      const value = field === "tags" ? (base.tags?.has(name) === true ? "1" : undefined) : base[field]?.get(name)
      const isHidden =
        replaced.includes(creation) || writes.some(({ write }) => write.value === undefined && write.sees.has(creation))
      return value === undefined || isHidden ? [] : [value]
    })
  }

  names(field: (typeof elementFields)[number]): ReadonlySet<string> {
    const names = new Set<string>()
    for (const { write } of this.within(field)) {
      const [, name] = write.place.split("|")
      if (name !== undefined) names.add(name)
    }
    for (const { base } of this.creations) for (const name of base[field]?.keys() ?? []) names.add(name)
    return names
  }
}

/** Every way in which a view differs from what it must be. */
export function kindsFaults(
  sayings: Sayings,
  seen: ReadonlySet<number>,
  id: string,
  view: KindsView,
): readonly string[] {
  const standing = new Standing(sayings, sayings.alive(seen), id)
  const { record } = view
  const faults: string[] = []
  if (standing.living.size > 0 && record === undefined) faults.push("lost record")
  if (standing.living.size === 0 && record !== undefined) faults.push("zombie")
  if (record !== undefined) {
    for (const field of ["title", "label", "parent", "gate"]) faults.push(...valueFaults(standing, field, view))
    for (const field of elementFields) faults.push(...elementFaults(standing, field, view))
    faults.push(...orderFaults(sayings, view))
  }
  faults.push(...orphanFaults(standing, view), ...textFaults(sayings, seen, standing, view))
  return faults
}

function valueFaults(standing: Standing, field: string, { record, concurrent }: KindsView): readonly string[] {
  const shown = record?.[field]
  const edits = standing.at(field).map(({ write }) => write)
  const seen = new Set(edits.flatMap(({ sees }) => [...sees]))
  const bases = standing.creations.flatMap(({ creation, base }) => {
    const value = base.values.get(field)
    return value === undefined || seen.has(creation) ? [] : [value]
  })
  const highest = Math.max(...edits.map(({ writerClass }) => writerClass))
  const winners =
    edits.length > 0 ? edits.filter(({ writerClass }) => writerClass === highest).map(({ value }) => value) : bases
  if (winners.length === 0) return shown === undefined ? [] : [`leak of ${field}`]
  if (!winners.includes(shown as string | undefined)) return [`lost edit of ${field}`]
  const listed = concurrent
    .filter((each) => each.field === field)
    .flatMap(({ candidates }) => candidates.map(({ value }) => value))
  const all = [...edits.map(({ value }) => value), ...bases]
  if (listed.some((value) => !all.includes(value as string | undefined))) return [`false conflict of ${field}`]
  return all.every((value) => value === shown || listed.includes(value)) ? [] : [`silent loss of ${field}`]
}

function elementFaults(standing: Standing, field: (typeof elementFields)[number], view: KindsView): readonly string[] {
  const shown = shownElements(field, view)
  const faults: string[] = []
  for (const name of standing.names(field)) {
    const values = standing.element(field, name)
    const value = shown.get(name)
    if (values.length === 0 && value !== undefined) faults.push(`zombie in ${field}`)
    if (values.length > 0 && value === undefined) faults.push(`lost element of ${field}`)
    if (value === undefined || values.length === 0) continue
    if (!values.includes(value)) faults.push(`stale element of ${field}`)
    const listed = view.concurrent.filter(
      (each) => each.field === field && each.element === name && each.part === "value",
    )
    const candidates = listed.flatMap((each) => each.candidates.map((candidate) => candidate.value))
    if (field !== "tags" && !values.every((each) => each === value || candidates.includes(each))) {
      faults.push(`silent loss in ${field}`)
    }
  }
  const known = standing.names(field)
  for (const name of shown.keys()) if (!known.has(name)) faults.push(`unknown element of ${field}`)
  return faults
}

function shownElements(field: string, { record, listKeys }: KindsView): ReadonlyMap<string, string> {
  const value = record?.[field]
  if (value === undefined) return new Map()
  if (field === "tags") return new Map((value as readonly string[]).map((name) => [name, "1"]))
  if (field === "props") return new Map(Object.entries(value as Readonly<Record<string, string>>))
  return new Map(listKeys.map((key, at) => [key, (value as readonly string[])[at] ?? ""]))
}

// Elements stand as whoever inserted them saw them stand, unless somebody moved one.
function orderFaults(sayings: Sayings, { listKeys }: KindsView): readonly string[] {
  const at = new Map(listKeys.map((key, place) => [key, place]))
  const isWrong = sayings.order.some(([before, after]) => {
    if (sayings.moved.has(before) || sayings.moved.has(after)) return false
    const [left, right] = [at.get(before), at.get(after)]
    return left !== undefined && right !== undefined && left > right
  })
  return isWrong ? ["wrong order"] : []
}

function orphanFaults({ orphans }: Standing, { afterDelete }: KindsView): readonly string[] {
  return orphans.flatMap(({ write }) => {
    // What only says that a field is there, or where an element stands, is nothing that anybody would miss.
    if (write.value === null || (write.value === undefined && write.place.includes("|"))) return []
    const [field, element = null] = write.place.split("|")
    const isListed = afterDelete.some(
      (each) =>
        each.field === field &&
        each.element === element &&
        each.part === "value" &&
        (field === "tags" && element !== null ? each.value !== undefined : each.value === write.value),
    )
    return isListed ? [] : [`silent drop of ${field}`]
  })
}

function textFaults(
  sayings: Sayings,
  seen: ReadonlySet<number>,
  standing: Standing,
  { record, concurrent, afterDelete }: KindsView,
): readonly string[] {
  const shown = typeof record?.["notes"] === "string" ? record["notes"] : ""
  const listed = concurrent
    .filter(({ field }) => field === "notes")
    .flatMap(({ candidates }) => candidates.map(({ value }) => textOf(value)))
  const left = afterDelete.filter(({ field }) => field === "notes").map(({ value }) => textOf(value))
  const anywhere = [shown, ...listed, ...left].join("")
  const faults: string[] = []
  const alive = new Set(standing.chars.map(({ char }) => char))
  // Who wrote the field anew, removed it or deleted its record stands against an undo that brings back what he knew as
  // gone: a text that nobody typed into is part of its creation.
  const known = new Set(standing.at("notes").flatMap(({ write }) => [...write.sees]))
  for (const { char, sees } of standing.chars) {
    const isOverruled =
      sayings.revived.has(char) && [...sees].some((creation) => known.has(creation) || !standing.living.has(creation))
    if (!anywhere.includes(char) && !isOverruled && !sayings.isTwiceGone(char)) faults.push("lost text")
  }
  const typedAway = new Set([...seen].map((number) => sayings.typedAway.get(number)))
  for (const char of shown) {
    if (typedAway.has(char) && !alive.has(char)) faults.push("zombie text")
    if (!sayings.revived.has(char) && shown.indexOf(char) !== shown.lastIndexOf(char)) faults.push("doubled text")
  }
  return faults
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : ""
}
