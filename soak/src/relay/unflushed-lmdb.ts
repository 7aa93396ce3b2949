import { registerHooks } from "node:module"

/** Stands for the driver's library in this process: the same, but a commit is not followed by a flush. */
const shim = [
  `import * as real from "lmdb?real"`,
  `export * from "lmdb?real"`,
  `export const open = (options) => real.open({ ...options, noSync: true, overlappingSync: false })`,
].join("\n")

/** From now on `lmdb` in this process commits without flushing: what a relay that acks on commit would promise. */
export function takeFlushAway(): void {
  let realUrl = ""
  registerHooks({
    resolve(specifier, context, next) {
      if (specifier === "lmdb?real") return { url: realUrl, format: "module", shortCircuit: true }
      if (specifier !== "lmdb") return next(specifier, context)
      realUrl = next(specifier, context).url
      return { url: "soak:unflushed-lmdb", format: "module", shortCircuit: true }
    },
    load(url, context, next) {
      if (url !== "soak:unflushed-lmdb") return next(url, context)
      return { format: "module", source: shim, shortCircuit: true }
    },
  })
}
