import { link, open, readFile, unlink } from "node:fs/promises"
import { dirname } from "node:path"
import { MillraceError, messageOf, type Random, randomId } from "@millrace/ports"
import { makeFolder } from "@millrace/store/lmdb"
import type { TokenKey } from "./token.ts"

const minSecretBytes = 32

/** Name that tokens give to the key of `DATA/auth.key`. */
export const localKeyId = "local"

/**
 * The key in the file, made at the first call: 43 random characters, readable by the owner alone. Processes that start at
 * the same time agree on one.
 *
 * Rejects with kind `usage` for a file that holds no such key, and kind `storage` where it cannot be read or made.
 */
export async function openKeyFile(path: string, random: Random): Promise<TokenKey> {
  try {
    const text = (await readIfThere(path)) ?? (await create(path, random))
    return { id: localKeyId, algorithm: "HS256", secret: secretOf(text, `The key file ${path}`) }
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause
    throw new MillraceError(`The key file ${path} cannot be read or made (${messageOf(cause)}); check its folder.`, {
      kind: "storage",
      cause,
    })
  }
}

async function create(path: string, random: Random): Promise<string> {
  makeFolder(dirname(path))
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
  // Without this a power cut could take the name away, and a new key would refuse every token signed until then.
  const folder = await open(dirname(path), "r")
  try {
    await folder.sync()
  } finally {
    await folder.close()
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

/**
 * A secret's bytes: those of its text as it stands, as other signers of HS256 tokens take it.
 *
 * Throws kind `usage`, naming `what` and never the text, where it is too short.
 */
export function secretOf(text: string, what: string): Uint8Array {
  const secret = new TextEncoder().encode(text.trim())
  if (secret.length >= minSecretBytes) return secret
  throw new MillraceError(
    `${what} is too short: give at least ${minSecretBytes} random characters, such as \`openssl rand -hex 32\` prints.`,
    { kind: "usage" },
  )
}

function hasCode(thrown: unknown, code: string): boolean {
  return thrown instanceof Error && "code" in thrown && thrown.code === code
}
