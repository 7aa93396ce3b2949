import { Capture, type ChangeEvent } from "@millrace/client"
import { Dexie } from "dexie"
import { openDB } from "idb"

export type How = "bare" | "keys" | "images"
export type Work = "idb, one transaction" | "idb, one each" | "Dexie, one transaction" | "Dexie, one each"

interface Row {
  readonly id: string
  readonly [field: string]: unknown
}

function rowOf(n: number, round: number): Row {
  const name = `row ${n}`
  return { id: `k${n}`, name, team: n % 100, age: n % 97, city: "Berlin", note: `a note on ${name}`, round, kind: "a" }
}

let opened = 0

/** Milliseconds of writing `count` rows to an empty store, then of writing all of them again. */
async function measure(
  how: How,
  work: Work,
  count: number,
): Promise<{ readonly fresh: number; readonly again: number }> {
  const name = `bench-${(opened += 1)}`
  const capture = how === "bare" ? undefined : new Capture({ databases: [name], images: how === "images" })
  capture?.install()
  const [library] = work.split(",")
  const writer = library === "idb" ? await idbWriter(name, work) : await dexieWriter(name, work)
  capture?.uninstall()
  const times: number[] = []
  for (const round of [0, 1]) {
    const rows = Array.from({ length: count }, (_, n) => rowOf(n, round))
    const from = performance.now()
    await writer.write(rows)
    times.push(performance.now() - from)
  }
  writer.close()
  await Dexie.delete(name)
  const [fresh = 0, again = 0] = times
  return { fresh, again }
}

interface Writer {
  write(rows: readonly Row[]): Promise<void>
  close(): void
}

async function idbWriter(name: string, work: Work): Promise<Writer> {
  const db = await openDB(name, 1, {
    upgrade: (database) => void database.createObjectStore("rows", { keyPath: "id" }),
  })
  return {
    async write(rows) {
      if (work.endsWith("one each")) {
        for (const row of rows) await db.put("rows", row)
        return
      }
      const tx = db.transaction("rows", "readwrite")
      await Promise.all([...rows.map((row) => tx.store.put(row)), tx.done])
    },
    close: () => db.close(),
  }
}

async function dexieWriter(name: string, work: Work): Promise<Writer> {
  const db = new Dexie(name)
  db.version(1).stores({ rows: "id" })
  await db.open()
  return {
    async write(rows) {
      if (work.endsWith("one each")) for (const row of rows) await db.table("rows").put(row)
      else await db.table("rows").bulkPut(rows)
    },
    close: () => db.close(),
  }
}

/** Milliseconds until all of `count` rows, written in one transaction, were told as changes. */
async function told(count: number): Promise<number> {
  const name = `bench-${(opened += 1)}`
  const capture = new Capture({ databases: [name] })
  capture.install()
  const writer = await idbWriter(name, "idb, one transaction")
  capture.uninstall()
  let heard = 0
  const all = new Promise<void>((resolve) => {
    capture.changes(name, (events: readonly ChangeEvent[]) => {
      heard += events.length
      if (heard >= count) resolve()
    })
  })
  await writer.write(Array.from({ length: count }, (_, n) => rowOf(n, 0)))
  const from = performance.now()
  await all
  writer.close()
  return performance.now() - from
}

Object.assign(globalThis, { bench: { measure, told } })
