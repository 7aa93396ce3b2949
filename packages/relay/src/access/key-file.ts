import { link, mkdir, open, readFile, unlink } from "node:fs/promises"
import { dirname } from "node:path"
import { MillraceError, messageOf, type Random, randomId } from "@millrace/ports"
import type { TokenKey } from "./token.ts"

const minSecretBytes = 32

/** Name that tokens give to the key of `DATA/auth.key`. */
export const localKeyId = "local"

/**
 * The key in the file, made at the first call: 32 random bytes in base64url, readable by the owner alone. Processes that start at
 * the same time agree on one.
 *
 * Rejects with kind `usage` for a file that holds no such key, and kind `storage` where it cannot be read or made.
 */
export async function openKeyFile(path: string, random: Random): Promise<TokenKey> {
  try {
    const text = (await readIfThere(path)) ?? (await create(path, random))
    return { id: localKeyId, algorithm: "HS256", secret: decodeSecret(text, `The key file ${path}`) }
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause
    throw new MillraceError(`The key file ${path} cannot be read or made (${messageOf(cause)}); check its folder.`, {
      kind: "storage",
      cause,
    })
  }
}

async function create(path: string, random: Random): Promise<string> {
  await mkdir(dirname(path), { recursive: true })
  const draft = `${path}.${randomId(random, 12)}`
  const file = await open(draft, "wx", 0o600)
  try {
    await file.writeFile(`${Buffer.from(random.bytes(minSecretBytes)).toString("base64url")}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  try {
    // A link never replaces: the process that comes second reads what the first has made.
    await link(draft, path)
  } catch (cause) {
    if (!hasCode(cause, "EEXIST")) throw cause
  } finally {
    await unlink(draft)
  }
  return readFile(path, "utf8")
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8")
  } catch (cause) {
    if (hasCode(cause, "ENOENT")) return undefined
    throw cause
  }
}

/** A secret from its text in base64url. Throws kind `usage`, naming `what` and never the text, where it is too short. */
export function decodeSecret(text: string, what: string): Uint8Array {
  const secret = Buffer.from(text.trim(), "base64url")
  if (!/^[A-Za-z0-9_-]+$/.test(text.trim()) || secret.length < minSecretBytes) {
    throw new MillraceError(
      `${what} is no key: give at least ${minSecretBytes} random bytes in base64url, such as \`openssl rand -base64 32 | tr '+/' '-_' | tr -d '='\` prints.`,
      { kind: "usage" },
    )
  }
  return secret
}

function hasCode(thrown: unknown, code: string): boolean {
  return thrown instanceof Error && "code" in thrown && thrown.code === code
}
