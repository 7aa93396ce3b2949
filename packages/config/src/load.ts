import { readFile } from "node:fs/promises"
import { registerHooks } from "node:module"
import { dirname, extname, resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { messageOf, MillraceError } from "@millrace/ports"
import { parse, type ParseError, printParseErrorCode } from "jsonc-parser"
import { checkConfig } from "./check.ts"
import type { AuthConfig, Config, KeyConfig } from "./shape.ts"

/** A checked configuration with the place it came from. */
export interface LoadedConfig extends Config {
  /** The file, as an absolute path. */
  readonly file: string
}

/**
 * Reads a configuration from JSON, or from the default export of a `.ts`, `.js` or `.mjs` file.
 *
 * A TypeScript file may import `@millrace/config` from any folder, also where nothing is installed.
 * `dataDir` and the files of secrets are taken relative to the configuration file and come back absolute.
 * Throws kind `usage` when the file cannot be read, does not parse (line named) or breaks a rule (field named).
 */
export async function loadConfig(path: string): Promise<LoadedConfig> {
  const file = resolve(path)
  const config = checkConfig(extname(file) === ".json" ? await readJson(file) : await importDefault(file), path)
  const from = (relative: string): string => resolve(dirname(file), relative)
  return {
    ...config,
    file,
    ...(config.dataDir === undefined ? {} : { dataDir: from(config.dataDir) }),
    ...(config.auth === undefined ? {} : { auth: withPathsFrom(config.auth, from) }),
  }
}

function withPathsFrom({ keys, jwks, ...others }: AuthConfig, from: (relative: string) => string): AuthConfig {
  const movedKeys = keys?.map((key): KeyConfig => {
    if (key.algorithm !== "HS256") return { ...key, publicKey: { file: from(key.publicKey.file) } }
    return { ...key, secret: "file" in key.secret ? { file: from(key.secret.file) } : key.secret }
  })
  return {
    ...others,
    ...(movedKeys === undefined ? {} : { keys: movedKeys }),
    ...(jwks === undefined ? {} : { jwks: "file" in jwks ? { file: from(jwks.file) } : jwks }),
  }
}

async function readJson(file: string): Promise<unknown> {
  let text: string
  try {
    text = await readFile(file, "utf8")
  } catch (cause) {
    throw new MillraceError(`The configuration ${file} cannot be read: ${messageOf(cause)}.`, { kind: "usage", cause })
  }
  const errors: ParseError[] = []
  const value: unknown = parse(text, errors, { allowTrailingComma: false, disallowComments: true })
  const first = errors[0]
  if (first === undefined) return value
  const line = text.slice(0, first.offset).split("\n").length
  throw new MillraceError(
    `The configuration ${file} is no JSON: line ${line}: ${printParseErrorCode(first.error)}. Mend the line and start again.`,
    { kind: "usage" },
  )
}

let nameIsKnown = false

/** Makes `import { defineConfig } from "@millrace/config"` mean this package wherever the configuration lies. */
function makeOwnNameKnown(): void {
  if (nameIsKnown) return
  nameIsKnown = true
  const own = new URL(`./index${extname(import.meta.url)}`, import.meta.url).href
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === "@millrace/config" ? { url: own, shortCircuit: true } : next(specifier, context),
  })
}

async function importDefault(file: string): Promise<unknown> {
  makeOwnNameKnown()
  try {
    const loaded = (await import(pathToFileURL(file).href)) as { readonly default?: unknown }
    if (loaded.default !== undefined) return loaded.default
  } catch (cause) {
    throw new MillraceError(`The configuration ${file} cannot be loaded: ${messageOf(cause)}.`, {
      kind: "usage",
      cause,
    })
  }
  throw new MillraceError(`The configuration ${file} has no default export: write "export default { ... }".`, {
    kind: "usage",
  })
}
