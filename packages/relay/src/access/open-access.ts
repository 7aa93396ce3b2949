import { readFile } from "node:fs/promises"
import { type Clock, type Log, messageOf, MillraceError, type Random } from "@millrace/ports"
import type { ReadUrl } from "./http-text.ts"
import { KeySet } from "./key-set.ts"
import { openKeys } from "./keys.ts"
import { type PublicAlgorithm, readPublicKey } from "./public-key.ts"
import { createVerifier, type TokenKey, type Verifier, type VerifyKey } from "./token.ts"

/** A secret is named, never written. */
export type SecretPlace = { readonly env: string } | { readonly file: string }

/** Settings `auth` of a configuration. */
export interface AuthSettings {
  readonly keys?:
    | readonly (
        | { readonly id: string; readonly algorithm: "HS256"; readonly secret: SecretPlace }
        | { readonly id: string; readonly algorithm: PublicAlgorithm; readonly publicKey: { readonly file: string } }
      )[]
    | undefined
  readonly jwks?: ({ readonly url: string } | { readonly file: string }) | undefined
  readonly issuer?: string | undefined
  readonly audience?: string | undefined
  readonly maxTokenLifeMs?: number | undefined
}

export interface AccessOptions {
  readonly auth: AuthSettings | undefined
  /** `auth.key` lies in it, which is used where `auth` names neither keys nor a key set. */
  readonly dataDir: string
  readonly readSecret: (place: SecretPlace) => Promise<string>
  readonly readUrl: ReadUrl
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

export interface Access {
  readonly verifier: Verifier
  /** The first HS256 key, with which a process of ours signs its own tokens; undefined where only others sign. */
  readonly signingKey: TokenKey | undefined
}

/** A key set in a file is looked at again after this. */
const fileAgeMs = 10_000

/** Everything that a configuration says about who is let in. Rejects with kind `usage` for a key that cannot be used. */
export async function openAccess(options: AccessOptions): Promise<Access> {
  const { auth, dataDir, readSecret, readUrl, clock, random, log } = options
  const settings = auth?.keys ?? []
  const keys: VerifyKey[] = []
  const secrets = settings.filter((key) => key.algorithm === "HS256")
  if (secrets.length > 0 || (settings.length === 0 && auth?.jwks === undefined)) {
    const named = secrets.map(({ id, algorithm, secret }) => ({ id, algorithm, readSecret: () => readSecret(secret) }))
    keys.push(...(await openKeys(named.length === 0 ? undefined : named, dataDir, random)))
  }
  const [signingKey] = keys
  for (const setting of settings) {
    if (setting.algorithm === "HS256") continue
    const { id, algorithm, publicKey } = setting
    const what = `The file ${publicKey.file} of auth key "${id}"`
    keys.push({ id, algorithm, publicKey: await readPublicKey(await readText(publicKey.file, what), algorithm, what) })
  }
  const jwks = auth?.jwks
  const keySource =
    jwks === undefined
      ? undefined
      : "url" in jwks
        ? new KeySet({ read: () => readUrl(jwks.url), clock, log })
        : new KeySet({ read: () => readFile(jwks.file, "utf8"), clock, log, maxAgeMs: fileAgeMs, cooldownMs: 1000 })
  const { issuer, audience, maxTokenLifeMs } = auth ?? {}
  const verifier = createVerifier(keys, clock, { keySource, issuer, audience, maxTokenLifeMs })
  return { verifier, signingKey: signingKey !== undefined && "secret" in signingKey ? signingKey : undefined }
}

async function readText(file: string, what: string): Promise<string> {
  try {
    return await readFile(file, "utf8")
  } catch (cause) {
    throw new MillraceError(`${what} cannot be read: ${messageOf(cause)}.`, { kind: "usage", cause })
  }
}
