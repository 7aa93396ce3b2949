import { compareText, type Exported, getOwn, type PlainRecord, type Records, type Schema } from "@millrace/model"

/** Where records are read from: a live document, or the state that a release has kept. */
export interface RecordSource {
  get(collection: string, id: string): PlainRecord | undefined
  /** Ids of the records of `collection` whose `field` names `id`, sorted. */
  referring(collection: string, field: string, id: string): readonly string[]
}

/** The merged records of a document as they are at each call. */
export function sourceOf<S extends Schema>(records: Records<S>): RecordSource {
  return {
    get: (collection, id) => records.collection<string>(collection).get(id) as PlainRecord | undefined,
    referring: (collection, field, id) => records.referring(collection, field, id),
  }
}

/** Records as plain data, such as an export or the content of a release. */
export function sourceOfRecords(records: Exported): RecordSource {
  const get = (collection: string, id: string): PlainRecord | undefined => getOwn(getOwn(records, collection) ?? {}, id)
  const indexes = new Map<string, Map<unknown, string[]>>()
  const indexOf = (collection: string, field: string): Map<unknown, string[]> => {
    const key = JSON.stringify([collection, field])
    let index = indexes.get(key)
    if (index !== undefined) return index
    indexes.set(key, (index = new Map<unknown, string[]>()))
    for (const [id, record] of Object.entries(getOwn(records, collection) ?? {})) {
      const named = getOwn(record, field)
      const ids = index.get(named)
      if (ids === undefined) index.set(named, [id])
      else ids.push(id)
    }
    for (const ids of index.values()) ids.sort(compareText)
    return index
  }
  return { get, referring: (collection, field, id) => indexOf(collection, field).get(id) ?? [] }
}
