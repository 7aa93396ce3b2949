import { existsSync } from "node:fs"
import { join, resolve } from "node:path"
import { type AuthConfig, readSecret } from "@millrace/config"
import { MillraceError } from "@millrace/ports"
import { openKeys, type TokenKey } from "@millrace/relay/access"
import type { Io } from "../io.ts"

/**
 * The key that signs: the configuration's first of HS256, else, where it says nothing of access, that of the data folder,
 * made where there is none.
 *
 * Rejects with kind `usage` where the configuration names public keys alone: whoever has the private half signs.
 */
export async function signingKey(dataDir: string, auth: AuthConfig | undefined, io: Io): Promise<TokenKey> {
  if (auth === undefined) return (await openKeys(undefined, dataDir, io.random))[0]
  const settings = (auth.keys ?? [])
    .filter((key) => key.algorithm === "HS256")
    .map(({ id, algorithm, secret }) => ({ id, algorithm, readSecret: () => readSecret(secret, io.environment) }))
  if (settings.length > 0) return (await openKeys(settings, dataDir, io.random))[0]
  throw new MillraceError(
    "The configuration has no key that can sign: add one of HS256 to auth.keys, or have your issuer sign the token.",
    { kind: "usage" },
  )
}

/** Says so where the data folder has no key yet: a mistyped folder would otherwise give tokens that nobody takes. */
export function warnOfNewKey(dataDir: string, io: Io): void {
  const folder = resolve(dataDir)
  if (existsSync(join(folder, "auth.key"))) return
  io.err(`${folder} has no key: a new one is made. Only a server started with --data ${folder} takes this token.\n`)
}
