/** A name that an index exports, and where it comes from. */
export interface ExportedName {
  readonly name: string
  /** As it is called there. */
  readonly original: string
  /** As the index says it: `./file.ts`, or a package. */
  readonly from: string
}

/** The names of an `index.ts`, which only lists names. */
export function exportsOf(index: string): readonly ExportedName[] {
  return [...index.matchAll(/export (?:type )?\{([^}]*)\} from "([^"]+)"/g)]
    .flatMap(([, names = "", from = ""]) =>
      names
        .split(",")
        .map((each) => each.trim().replace(/^type /, ""))
        .filter((each) => each !== "")
        .map((each) => {
          const [original = "", name = original] = each.split(" as ")
          return { name, original, from }
        }),
    )
    .sort((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1))
}
