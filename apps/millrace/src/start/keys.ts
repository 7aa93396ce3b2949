import { type AuthConfig, readSecret } from "@millrace/config"
import { MillraceError } from "@millrace/ports"
import { openKeys, type TokenKey } from "@millrace/relay/access"
import type { Io } from "../io.ts"

export const defaultDataDir = ".millrace"

/**
 * The key that signs: the configuration's first of HS256, else, where it says nothing of access, that of the data folder.
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
