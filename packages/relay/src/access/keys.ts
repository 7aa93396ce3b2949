import { join } from "node:path"
import { MillraceError, type Random } from "@millrace/ports"
import { secretOf, openKeyFile } from "./key-file.ts"
import type { TokenKey } from "./token.ts"

/** A key as a configuration names it; its secret is text of 32 characters or more. */
export interface KeySetting {
  readonly id: string
  readonly algorithm: TokenKey["algorithm"]
  readonly readSecret: () => Promise<string>
}

/**
 * The configured keys, the first of which signs; without any, that of `auth.key` in the data folder, made at the first start.
 *
 * Rejects with kind `usage` for a secret of fewer than 32 bytes or two keys of one id.
 */
export async function openKeys(
  settings: readonly KeySetting[] | undefined,
  dataDir: string,
  random: Random,
): Promise<readonly [TokenKey, ...TokenKey[]]> {
  const keys: TokenKey[] = []
  for (const { id, algorithm, readSecret } of settings ?? []) {
    if (keys.some((key) => key.id === id)) {
      throw new MillraceError(`auth.keys names "${id}" twice; give each key its own id.`, { kind: "usage" })
    }
    keys.push({ id, algorithm, secret: secretOf(await readSecret(), `The secret of auth key "${id}"`) })
  }
  const [first = await openKeyFile(join(dataDir, "auth.key"), random), ...others] = keys
  return [first, ...others]
}
