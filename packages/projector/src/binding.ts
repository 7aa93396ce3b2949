import { canonicalJson } from "@millrace/model"
import { MillraceError } from "@millrace/ports"
import { isTwoWay, type Ownership } from "@millrace/target"

/** A binding as the configuration writes it: which collections of which workspaces go to a target. */
export interface BindingSpec {
  readonly name: string
  /** Name of a target. */
  readonly target: string
  readonly collections: readonly string[]
  /** Patterns of workspaces: a name, a prefix followed by `*`, or `*`; left out: all. */
  readonly workspaces?: readonly string[]
  /** `published`: only what somebody with role `publish` approved is sent. State targets only. Left out: `continuous`. */
  readonly mode?: BindingMode
  /** Who may change which field; left out: people alone. State targets only. */
  readonly ownership?: Ownership
  /**
   * What becomes of a record that one side deleted: `ours` what the document says goes to the target, `theirs` what the
   * target says comes back, `ask` a person decides. Left out: `ask` where anything comes back, else `ours`.
   */
  readonly onDelete?: DeletePolicy
  /** Deletions beyond these wait for a confirmation. */
  readonly deletions?: Partial<DeletionLimits>
  /** Says when the mapping is another one: a new revision, and nothing is sent by itself. Any text, such as a hash. */
  readonly mapping?: string
}

export type Shape = "log" | "state"
export type BindingMode = "continuous" | "published"
export type DeletePolicy = "ours" | "theirs" | "ask"

export interface DeletionLimits {
  /** So many go without asking, whatever their share. */
  readonly free: number
  /** Most that go without asking. */
  readonly maxCount: number
  /** Most of a collection that goes without asking, 0 to 1. */
  readonly maxShare: number
  /** Deletions within this time count together. */
  readonly windowMs: number
}

export const defaultDeletions: DeletionLimits = { free: 5, maxCount: 1_000, maxShare: 0.25, windowMs: 600_000 }

/** A binding as the journal knows it. A removed one stays, so that its revision goes on counting when it returns. */
export interface Binding {
  readonly name: string
  readonly target: string
  readonly shape: Shape
  readonly collections: readonly string[]
  readonly workspaces: readonly string[]
  /** 1 at first; one more whenever the rest changed. Watermarks never move back within one revision. */
  readonly revision: number
  readonly removed: boolean
  /** Left out in entries of earlier programs: the default, as in `BindingSpec`. */
  readonly mode?: BindingMode
  readonly ownership?: Ownership
  readonly onDelete?: DeletePolicy
  readonly deletions?: Partial<DeletionLimits>
  readonly mapping?: string
}

/** Whether anything of the collection may come back from the target. */
export function comesBack({ ownership }: Binding, collection: string): boolean {
  return ownership !== undefined && isTwoWay(ownership, collection)
}

export function deletePolicy(binding: Binding, collection: string): DeletePolicy {
  return binding.onDelete ?? (comesBack(binding, collection) ? "ask" : "ours")
}

const namePattern = /^[a-z0-9][a-z0-9._-]{0,63}$/

/** Whether one of the patterns takes in the workspace. */
export function matchesWorkspace(patterns: readonly string[], workspace: string): boolean {
  return patterns.some((pattern) =>
    pattern.endsWith("*") ? workspace.startsWith(pattern.slice(0, -1)) : pattern === workspace,
  )
}

/** Whether records of this collection in this workspace go through the binding. */
export function covers(binding: Binding, workspace: string, collection: string): boolean {
  return !binding.removed && binding.collections.includes(collection) && matchesWorkspace(binding.workspaces, workspace)
}

/**
 * The bindings that follow from those of the journal and those of the configuration, sorted by name; undefined when
 * nothing changed.
 *
 * Throws kind `usage` for two bindings of one name, a target that is not configured or a collection that the schema
 * does not have.
 */
export function nextBindings(
  journalled: readonly Binding[],
  wanted: readonly BindingSpec[],
  shapeOf: (target: string) => Shape | undefined,
  hasCollection: (collection: string) => boolean,
): readonly Binding[] | undefined {
  const before = new Map(journalled.map((binding) => [binding.name, binding]))
  const next = new Map<string, Binding>()
  for (const spec of wanted) {
    const made = resolve(spec, shapeOf, hasCollection)
    if (next.has(spec.name)) throw usage(`Two bindings are named "${spec.name}"; give each a name of its own.`)
    const old = before.get(spec.name)
    const same = old !== undefined && !old.removed && sameContent(old, made)
    next.set(spec.name, { ...made, revision: same ? old.revision : (old?.revision ?? 0) + 1 })
  }
  for (const old of journalled) if (!next.has(old.name)) next.set(old.name, { ...old, removed: true })
  const sorted = [...next.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  const unchanged =
    sorted.length === journalled.length &&
    sorted.every((binding) => {
      const old = before.get(binding.name)
      return old !== undefined && old.revision === binding.revision && old.removed === binding.removed
    })
  return unchanged ? undefined : sorted
}

/** Throws kind `usage` for bindings that no projector with these targets and this schema would start with. */
export function checkBindings(
  wanted: readonly BindingSpec[],
  targets: readonly { readonly name: string; readonly shape: Shape }[],
  schema: { readonly collections: Readonly<Record<string, unknown>> },
): void {
  const shapes = new Map(targets.map(({ name, shape }) => [name, shape]))
  nextBindings(
    [],
    wanted,
    (target) => shapes.get(target),
    (collection) => Object.hasOwn(schema.collections, collection),
  )
}

function resolve(
  spec: BindingSpec,
  shapeOf: (target: string) => Shape | undefined,
  hasCollection: (collection: string) => boolean,
): Binding {
  const shape = shapeOf(spec.target)
  if (!namePattern.test(spec.name)) {
    throw usage(`"${spec.name}" is no name of a binding: use 1 to 64 of a-z, 0-9, ".", "_", "-".`)
  }
  if (shape === undefined) throw usage(`Binding "${spec.name}" names target "${spec.target}", which is not configured.`)
  const missing = spec.collections.find((collection) => !hasCollection(collection))
  if (missing !== undefined) {
    throw usage(`Binding "${spec.name}" names collection "${missing}", which the schema does not have.`)
  }
  if (shape === "log" && (spec.mode === "published" || spec.ownership !== undefined)) {
    throw usage(
      `Binding "${spec.name}" goes to a log, which takes every change and gives none back: leave out mode and ownership.`,
    )
  }
  return {
    name: spec.name,
    target: spec.target,
    shape,
    collections: [...new Set(spec.collections)].sort(),
    workspaces: [...new Set(spec.workspaces ?? ["*"])].sort(),
    revision: 0,
    removed: false,
    ...optional(spec),
  }
}

type Optional = Pick<BindingSpec, "mode" | "ownership" | "onDelete" | "deletions" | "mapping">

function optional({ mode, ownership, onDelete, deletions, mapping }: Optional): Optional {
  return {
    ...(mode === undefined || mode === "continuous" ? {} : { mode }),
    ...(ownership === undefined ? {} : { ownership }),
    ...(onDelete === undefined ? {} : { onDelete }),
    ...(deletions === undefined ? {} : { deletions }),
    ...(mapping === undefined ? {} : { mapping }),
  }
}

function sameContent(a: Binding, b: Binding): boolean {
  return (
    a.target === b.target &&
    a.shape === b.shape &&
    a.collections.join("\n") === b.collections.join("\n") &&
    a.workspaces.join("\n") === b.workspaces.join("\n") &&
    canonicalJson(optional(a)) === canonicalJson(optional(b))
  )
}

function usage(message: string): MillraceError {
  return new MillraceError(message, { kind: "usage" })
}
