import * as v from "valibot"

/** Names of targets, bindings and keys. */
export const name: v.GenericSchema<string, string> = v.pipe(
  v.string("must be a text"),
  v.regex(
    /^[a-z0-9][a-z0-9._-]{0,63}$/,
    "must be 1 to 64 of a-z, 0-9, '.', '_', '-', beginning with a letter or digit",
  ),
)
