import { MillraceError } from "@millrace/ports"

/** Where a configuration says that a secret is kept; never the secret itself. */
export type SecretSource = { readonly env: string } | { readonly file: string }

/** Reads a secret when it is needed. The process passes one that knows its environment and its files. */
export type ReadSecret = (source: SecretSource) => string | Promise<string>

/** Throws kind `usage`, naming `path`, for anything but `{ env: NAME }` or `{ file: PATH }`. */
export function secretSource(value: unknown, path: string): SecretSource {
  if (typeof value === "object" && value !== null && Object.keys(value).length === 1) {
    if ("env" in value && typeof value.env === "string" && value.env !== "") return { env: value.env }
    if ("file" in value && typeof value.file === "string" && value.file !== "") return { file: value.file }
  }
  throw new MillraceError(
    `${path} must be { "env": "NAME" } or { "file": "PATH" }; a secret never stands in the configuration.`,
    {
      kind: "usage",
    },
  )
}
