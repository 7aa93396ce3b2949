import * as v from "valibot"
import { type BindingConfig, type BindingInput, bindingShape } from "./binding-shape.ts"
import { name } from "./name-shape.ts"

/** A secret is named, never written: its value comes from the environment or from a file. */
export type SecretRef = { readonly env: string } | { readonly file: string }

/** A key that signs and verifies, or the public half of one with which somebody else signs. */
export type KeyConfig =
  | { readonly id: string; readonly algorithm: "HS256"; readonly secret: SecretRef }
  | { readonly id: string; readonly algorithm: "EdDSA" | "RS256"; readonly publicKey: { readonly file: string } }

/** Who is let in. With neither keys nor a key set, tokens signed with the key in the data folder. */
export interface AuthConfig {
  readonly keys?: readonly KeyConfig[] | undefined
  /** A JWK set of public keys, read anew when a token names a key that it lacks. */
  readonly jwks?: { readonly url: string } | { readonly file: string } | undefined
  /** Claim `iss` of tokens that are verified by a public key or the key set. */
  readonly issuer?: string | undefined
  /** What claim `aud` of such tokens must be or contain. */
  readonly audience?: string | undefined
  /** A token that lives longer from now is refused; revocations are kept for so long. Default 400 days. */
  readonly maxTokenLifeMs?: number | undefined
}

export interface Listen {
  readonly host: string
  readonly port: number
}

/** How much a target is sent at once; each only makes less of what its kind allows. */
export interface TargetLimits {
  readonly maxBatchChanges?: number
  readonly maxBatchBytes?: number
  /** Most calls under way at once, over all bindings. */
  readonly maxCallsAtOnce?: number
  readonly maxCallsPerSecond?: number
}

/** What a target needs beyond its kind and limits is checked by the target itself. */
export interface TargetConfig {
  readonly kind: string
  readonly limits?: TargetLimits
  readonly [setting: string]: unknown
}

/** The configuration checked, with defaults filled in. */
export interface Config {
  readonly listen?: Listen | undefined
  readonly dataDir?: string | undefined
  readonly auth?: AuthConfig | undefined
  /** Origins of pages that may connect to the relay, or `*`; without any, pages of the relay's own host. */
  readonly origins?: readonly string[] | undefined
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
  readonly auth?: AuthConfig | undefined
  /** Origins of pages that may connect to the relay, such as `https://app.example`, or `*`. */
  readonly origins?: readonly string[] | undefined
  readonly targets?: Readonly<Record<string, TargetConfig>> | undefined
  readonly bindings?: readonly BindingInput[] | undefined
}

const secretShape = v.union(
  [
    v.strictObject({ env: v.pipe(v.string(), v.nonEmpty("is empty: name an environment variable")) }),
    v.strictObject({ file: v.pipe(v.string(), v.nonEmpty("is empty: name a file")) }),
  ],
  'must be { "env": "NAME" } or { "file": "PATH" }: secrets are never written into the configuration',
)

const fileShape = v.strictObject({ file: v.pipe(v.string("must be a text"), v.nonEmpty("is empty: name a file")) })

const keyShape = v.variant(
  "algorithm",
  [
    v.strictObject({ id: name, algorithm: v.literal("HS256"), secret: secretShape }),
    v.strictObject({ id: name, algorithm: v.picklist(["EdDSA", "RS256"]), publicKey: fileShape }),
  ],
  'must be "HS256", "EdDSA" or "RS256"',
)

const jwksShape = v.union(
  [fileShape, v.strictObject({ url: v.pipe(v.string(), v.check(isSafeUrl)) })],
  'must be { "url": "https://..." } (http only for this machine) or { "file": "PATH" }',
)

const authShape = v.pipe(
  v.strictObject({
    keys: v.optional(v.pipe(v.array(keyShape, "must be a list of keys"), v.minLength(1, "names no key"))),
    jwks: v.optional(jwksShape),
    issuer: v.optional(v.pipe(v.string("must be a text"), v.nonEmpty("is empty"))),
    audience: v.optional(v.pipe(v.string("must be a text"), v.nonEmpty("is empty"))),
    maxTokenLifeMs: v.optional(
      v.pipe(v.number("must be a number"), v.integer("must be whole"), v.minValue(60_000, "must be a minute or more")),
    ),
  }),
  v.check(({ keys, jwks }) => keys !== undefined || jwks !== undefined, "names neither keys nor jwks"),
)

const originShape = v.pipe(
  v.string("must be a text"),
  v.check(isOrigin, 'must be an origin such as "https://app.example", without a path, or "*"'),
)

/** Keys fetched over a network that anybody may change would let anybody in. */
function isSafeUrl(text: string): boolean {
  const url = URL.parse(text)
  const local = url !== null && ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname)
  return url?.protocol === "https:" || (local && url.protocol === "http:")
}

function isOrigin(text: string): boolean {
  return text === "*" || (/^https?:/.test(text) && URL.parse(text)?.origin === text)
}

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

const atLeastOne = v.pipe(v.number("must be a number"), v.integer("must be whole"), v.minValue(1, "must be 1 or more"))

const targetShape = v.looseObject({
  kind: v.pipe(v.string("must be a text"), v.nonEmpty("is empty")),
  limits: v.exactOptional(
    v.strictObject({
      maxBatchChanges: v.exactOptional(atLeastOne),
      maxBatchBytes: v.exactOptional(atLeastOne),
      maxCallsAtOnce: v.exactOptional(atLeastOne),
      maxCallsPerSecond: v.exactOptional(
        v.pipe(v.number("must be a number"), v.minValue(0.01, "must be 0.01 or more")),
      ),
    }),
  ),
})

export const configShape: v.GenericSchema<ConfigInput, Config> = v.strictObject({
  listen: v.optional(listenShape),
  dataDir: v.optional(v.pipe(v.string("must be a text"), v.nonEmpty("is empty"))),
  auth: v.optional(authShape),
  origins: v.optional(v.pipe(v.array(originShape, "must be a list of origins"), v.minLength(1, "names no origin"))),
  targets: v.optional(v.record(name, targetShape, "must be an object of named targets"), {}),
  bindings: v.optional(v.array(bindingShape, "must be a list of bindings"), []),
})
