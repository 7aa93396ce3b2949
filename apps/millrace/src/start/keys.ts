import { type KeyConfig, readSecret } from "@millrace/config"
import { openKeys, type TokenKey } from "@millrace/relay/access"
import type { Io } from "../io.ts"

export const defaultDataDir = ".millrace"

/** The key that signs: the configuration's first, else that of the data folder. */
export async function signingKey(dataDir: string, keys: readonly KeyConfig[] | undefined, io: Io): Promise<TokenKey> {
  const settings = keys?.map(({ id, algorithm, secret }) => ({
    id,
    algorithm,
    readSecret: () => readSecret(secret, io.environment),
  }))
  return (await openKeys(settings, dataDir, io.random))[0]
}
