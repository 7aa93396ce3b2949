import * as v from "valibot"

/** A secret is named, never written: its value comes from the environment or from a file. */
export type SecretRef = { readonly env: string } | { readonly file: string }

export interface KeyConfig {
  readonly id: string
  readonly algorithm: "HS256"
  readonly secret: SecretRef
}

export interface Listen {
  readonly host: string
  readonly port: number
}

export interface BindingConfig {
  readonly name: string
  /** Name of a target. */
  readonly target: string
  readonly collections: readonly string[]
  /** Patterns of workspaces: a name, a prefix followed by `*`, or `*`. */
  readonly workspaces: readonly string[]
}

/** What a target needs beyond its kind is checked by the target itself. */
export interface TargetConfig {
  readonly kind: string
  readonly [setting: string]: unknown
}

/** The configuration checked, with defaults filled in. */
export interface Config {
  readonly listen?: Listen | undefined
  readonly dataDir?: string | undefined
  readonly auth?: { readonly keys: readonly KeyConfig[] } | undefined
  readonly targets: Readonly<Record<string, TargetConfig>>
  readonly bindings: readonly BindingConfig[]
}

/** The configuration as written in a file. */
export interface ConfigInput {
  /** Where the `millrace` process listens: `"HOST:PORT"`. */
  readonly listen?: string | Listen | undefined
  /** Folder of everything that lasts, relative to the configuration file. */
  readonly dataDir?: string | undefined
  /** Keys that sign tokens; without it the key file in the data folder is used. */
  readonly auth?: { readonly keys: readonly KeyConfig[] } | undefined
  readonly targets?: Readonly<Record<string, TargetConfig>> | undefined
  readonly bindings?:
    | readonly (Omit<BindingConfig, "workspaces"> & { readonly workspaces?: readonly string[] | undefined })[]
    | undefined
}

const secretShape = v.union(
  [
    v.strictObject({ env: v.pipe(v.string(), v.nonEmpty("is empty: name an environment variable")) }),
    v.strictObject({ file: v.pipe(v.string(), v.nonEmpty("is empty: name a file")) }),
  ],
  'must be { "env": "NAME" } or { "file": "PATH" }: secrets are never written into the configuration',
)

const name = v.pipe(
  v.string("must be a text"),
  v.regex(
    /^[a-z0-9][a-z0-9._-]{0,63}$/,
    "must be 1 to 64 of a-z, 0-9, '.', '_', '-', beginning with a letter or digit",
  ),
)

const keyShape = v.strictObject({
  id: name,
  algorithm: v.literal("HS256", 'must be "HS256"'),
  secret: secretShape,
})

const listenShape = v.union(
  [
    v.pipe(
      v.string(),
      v.regex(/^(\[[0-9a-fA-F:]+\]|[^:\s]+):\d{1,5}$/, 'must be "HOST:PORT"'),
      v.transform((text) => {
        const at = text.lastIndexOf(":")
        return { host: text.slice(0, at).replace(/^\[|\]$/g, ""), port: Number(text.slice(at + 1)) }
      }),
      v.check(({ port }) => port <= 65_535, "has a port above 65535"),
    ),
    v.strictObject({
      host: v.pipe(v.string("must be a text"), v.nonEmpty("is empty")),
      port: v.pipe(v.number("must be a number"), v.integer("must be whole"), v.minValue(0), v.maxValue(65_535)),
    }),
  ],
  'must be "HOST:PORT" or { "host": "HOST", "port": PORT }',
)

const collectionName = v.pipe(
  v.string("must be a text"),
  v.regex(/^[A-Za-z][A-Za-z0-9]*$/, "must be a collection's name: letters and digits"),
)

const patternShape = v.pipe(
  v.string("must be a text"),
  v.regex(/^(\*|[a-z0-9][a-z0-9._-]{0,63}\*?)$/, "must be a workspace's name, a prefix followed by *, or *"),
)

const bindingShape = v.strictObject({
  name,
  target: name,
  collections: v.pipe(v.array(collectionName, "must be a list of collections"), v.minLength(1, "names no collection")),
  workspaces: v.optional(v.pipe(v.array(patternShape, "must be a list"), v.minLength(1, "names no workspace")), ["*"]),
})

const targetShape = v.looseObject({ kind: v.pipe(v.string("must be a text"), v.nonEmpty("is empty")) })

export const configShape: v.GenericSchema<ConfigInput, Config> = v.strictObject({
  listen: v.optional(listenShape),
  dataDir: v.optional(v.pipe(v.string("must be a text"), v.nonEmpty("is empty"))),
  auth: v.optional(
    v.strictObject({ keys: v.pipe(v.array(keyShape, "must be a list of keys"), v.minLength(1, "names no key")) }),
  ),
  targets: v.optional(v.record(name, targetShape, "must be an object of named targets"), {}),
  bindings: v.optional(v.array(bindingShape, "must be a list of bindings"), []),
})
