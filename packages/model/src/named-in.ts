import { MillraceError } from "@millrace/ports"
import { idOfEntry } from "./entry.ts"
import { placeOfKey, type TextPlace, textsRoot } from "./text-store.ts"
import type { ElementId } from "./yjs-bag.ts"
import { decodeElements } from "./yjs-update.ts"

/** A record that an update names. Where no document was asked, an update does not always say the collection. */
export interface NamedRecord {
  readonly collection: string | undefined
  readonly id: string
}

export interface NamedRecords {
  readonly records: readonly NamedRecord[]
  /** Deleted elements whose text was in none of the updates: they may have belonged to any record. */
  readonly unresolvedDeletes: number
}

/**
 * The records that raw updates name, found without building a document.
 *
 * An entry carries its record's id; its collection is taken from the updates where they say it, else from
 * `collectionAt`. What is typed into a text names its record where the text begins, else by `textAt`. A deleted entry is traced only where its text is in one of the updates.
 *
 * @throws MillraceError `corrupt` where an update does not decode.
 */
export function namedIn(
  updates: Iterable<Uint8Array>,
  collectionAt: (id: ElementId) => string | undefined = () => undefined,
  textAt: (id: ElementId) => TextPlace | undefined = () => undefined,
): NamedRecords {
  const names = new Map<string, NamedRecord>()
  let decoded: ReturnType<typeof decodeElements>
  try {
    decoded = decodeElements(updates)
  } catch (cause) {
    throw new MillraceError("An update does not decode. Drop it and synchronise anew.", { kind: "corrupt", cause })
  }
  for (const { id, root, element } of decoded.elements) {
    const record = typeof element === "string" ? idOfEntry(element) : undefined
    if (record === undefined) continue
    const collection = root ?? collectionAt(id)
    if (collection?.startsWith("$") === true) continue
    names.set(JSON.stringify([collection ?? null, record]), { collection, id: record })
  }
  const begun = decoded.keys.flatMap(({ root, key }) => (root === textsRoot ? [placeOfKey(key)] : []))
  for (const place of [...begun, ...decoded.others.map(textAt)]) {
    if (place === undefined) continue
    const { collection, id } = place
    names.set(JSON.stringify([collection, id]), { collection, id })
  }
  return { records: [...names.values()], unresolvedDeletes: decoded.unresolvedDeletes }
}
