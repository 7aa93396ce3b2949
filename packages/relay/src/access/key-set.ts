import { join } from "node:path"
import { MillraceError, type Random } from "@millrace/ports"
import { openKeyFile } from "./key-file.ts"
import type { TokenKey } from "./token.ts"

const minSecretBytes = 32

/** A key as configured: its secret is read when the key is opened. */
export interface KeySetting {
  readonly id: string
  readonly algorithm: "HS256"
  readonly readSecret: () => Promise<string>
}

/**
 * The keys of a process: those configured, or, where none is, the one in `DATA/auth.key`, which the first call makes.
 * The first one signs, all verify.
 *
 * Rejects with kind `usage` for a secret that is missing or shorter than 32 bytes of text.
 */
export async function openKeys(
  settings: readonly KeySetting[] | undefined,
  dataDir: string,
  random: Random,
): Promise<readonly [TokenKey, ...TokenKey[]]> {
  const [first, ...rest] = await Promise.all((settings ?? []).map(openKey))
  return first === undefined ? [await openKeyFile(join(dataDir, "auth.key"), random)] : [first, ...rest]
}

async function openKey({ id, algorithm, readSecret }: KeySetting): Promise<TokenKey> {
  const secret = new TextEncoder().encode(await readSecret())
  if (secret.length < minSecretBytes) {
    throw new MillraceError(`The secret of key "${id}" is too short: use at least ${minSecretBytes} characters.`, {
      kind: "usage",
    })
  }
  return { id, algorithm, secret }
}
