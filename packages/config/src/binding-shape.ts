import * as v from "valibot"
import { name } from "./name-shape.ts"

/** Who may change a field: people in the application, the target, or both. */
export type FieldOwner = "app" | "target" | "shared"
/** What becomes of a shared field that both sides changed. */
export type ConflictPolicy = "ours" | "theirs" | "union" | "text-merge" | "ask"

export interface FieldRuleConfig {
  readonly owner: FieldOwner
  /** Of a shared field; left out: `ask`. */
  readonly onConflict?: ConflictPolicy
  /** What a field without a value means to the target: nothing (`omit`), or that it is to be empty (`clear`, the default). */
  readonly null?: "omit" | "clear"
}

export interface DeletionConfig {
  /** So many go without asking, whatever their share. */
  readonly free?: number
  /** Most that go without asking. */
  readonly maxCount?: number
  /** Most of a collection that goes without asking, 0 to 1. */
  readonly maxShare?: number
  /** Deletions within this time count together. */
  readonly windowMs?: number
}

/** When a target is looked at by itself; what is left out does not make it happen. */
export interface ScheduleConfig {
  /** So long after the last of a run of changes. */
  readonly onChangeMs?: number
  /** So long after the last look ended. */
  readonly everyMs?: number
  /** Minute, hour, day, month, weekday. */
  readonly cron?: string
  /** Of `cron`, such as `Europe/Berlin`; left out: UTC. */
  readonly zone?: string
  /** Spread of each start, so that many do not begin at once. */
  readonly jitterMs?: number
  /** A start while the one before still runs: left out (`skip`, the default), or made up for once (`queue`). */
  readonly overlap?: "skip" | "queue"
  /** Whether a start makes up, once, for times that passed while nobody ran. */
  readonly catchUp?: "once" | "none"
}

export interface BindingConfig {
  readonly name: string
  /** Name of a target. */
  readonly target: string
  readonly collections: readonly string[]
  /** Patterns of workspaces: a name, a prefix followed by `*`, or `*`. */
  readonly workspaces: readonly string[]
  /** `continuous`: every change goes out; `published`: only what somebody with role `publish` approved. */
  readonly mode?: "continuous" | "published"
  /** Rules by collection and field; `*` stands for every other. Unnamed: owner `app`. */
  readonly ownership?: Readonly<Record<string, Readonly<Record<string, FieldRuleConfig>>>>
  /** What becomes of a record that one side deleted; left out: `ask` where anything comes back, else `ours`. */
  readonly onDelete?: "ours" | "theirs" | "ask"
  /** Deletions beyond these wait for a confirmation. */
  readonly deletions?: DeletionConfig
  /** When the target is looked at by itself; left out: every minute where anything comes back, else never. */
  readonly observe?: ScheduleConfig
}

/** A binding as written in a file. */
export type BindingInput = Omit<BindingConfig, "workspaces"> & { readonly workspaces?: readonly string[] | undefined }

const collectionName = v.pipe(
  v.string("must be a text"),
  v.regex(/^[A-Za-z][A-Za-z0-9]*$/, "must be a collection's name: letters and digits"),
)

const patternShape = v.pipe(
  v.string("must be a text"),
  v.regex(/^(\*|[a-z0-9][a-z0-9._-]{0,63}\*?)$/, "must be a workspace's name, a prefix followed by *, or *"),
)

const owners = ["app", "target", "shared"] as const
const policies = ["ours", "theirs", "union", "text-merge", "ask"] as const

const ruleShape = v.pipe(
  v.strictObject({
    owner: v.picklist(owners, `must be one of ${owners.join(", ")}`),
    onConflict: v.exactOptional(v.picklist(policies, `must be one of ${policies.join(", ")}`)),
    null: v.exactOptional(v.picklist(["omit", "clear"], 'must be "omit" or "clear"')),
  }),
  v.check(
    ({ owner, onConflict }) => owner === "shared" || onConflict === undefined,
    'has a policy for conflicts, which only a field with owner "shared" can have',
  ),
)

// A collection or field, or "*" for all others.
const keyShape = v.pipe(
  v.string(),
  v.regex(/^(\*|[A-Za-z][A-Za-z0-9]*)$/, "is named by letters and digits, or * for all others"),
)

const count = v.pipe(v.number("must be a number"), v.integer("must be whole"), v.minValue(0, "must not be negative"))

const deletionShape = v.strictObject({
  free: v.exactOptional(count),
  maxCount: v.exactOptional(count),
  maxShare: v.exactOptional(
    v.pipe(v.number("must be a number"), v.minValue(0, "must be 0 to 1"), v.maxValue(1, "must be 0 to 1")),
  ),
  windowMs: v.exactOptional(v.pipe(count, v.minValue(1_000, "must be a second or more"))),
})

const zone = v.pipe(
  v.string("must be a text"),
  v.check(isZone, "is no time zone that this machine knows, such as Europe/Berlin"),
)

const scheduleShape = v.pipe(
  v.strictObject({
    onChangeMs: v.exactOptional(count),
    everyMs: v.exactOptional(v.pipe(count, v.minValue(100, "must be 100 or more"))),
    cron: v.exactOptional(
      v.pipe(
        v.string("must be a text"),
        v.regex(/^\s*(\S+\s+){4}\S+\s*$/, "needs five parts: minute hour day month weekday"),
      ),
    ),
    zone: v.exactOptional(zone),
    jitterMs: v.exactOptional(count),
    overlap: v.exactOptional(v.picklist(["skip", "queue"], 'must be "skip" or "queue"')),
    catchUp: v.exactOptional(v.picklist(["once", "none"], 'must be "once" or "none"')),
  }),
  v.check(({ zone: named, cron }) => named === undefined || cron !== undefined, "has a zone without cron"),
)

function isZone(text: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: text }).format(0) !== ""
  } catch {
    return false
  }
}

export const bindingShape: v.GenericSchema<BindingInput, BindingConfig> = v.strictObject({
  name,
  target: name,
  collections: v.pipe(v.array(collectionName, "must be a list of collections"), v.minLength(1, "names no collection")),
  workspaces: v.optional(v.pipe(v.array(patternShape, "must be a list"), v.minLength(1, "names no workspace")), ["*"]),
  mode: v.exactOptional(v.picklist(["continuous", "published"], 'must be "continuous" or "published"')),
  ownership: v.exactOptional(
    v.record(keyShape, v.record(keyShape, ruleShape, "must be rules by field"), "must be rules by collection"),
  ),
  onDelete: v.exactOptional(v.picklist(["ours", "theirs", "ask"], 'must be "ours", "theirs" or "ask"')),
  deletions: v.exactOptional(deletionShape),
  observe: v.exactOptional(scheduleShape),
})
