import { expect, test } from "vitest"
import * as Y from "yjs"
import { defineSchema, list, openRecords, type PlainRecord, value } from "../src/index.ts"
import { mix, sendTo } from "./support/kinds.ts"
import { anyValue } from "./support/subject.ts"

const first = defineSchema({
  version: 1,
  collections: {
    people: { fields: { name: value(anyValue), skills: value(anyValue, { optional: true }) } },
    places: { fields: { name: value(anyValue) } },
  },
})
const third = defineSchema({
  version: 3,
  collections: {
    people: {
      fields: { given: value(anyValue), family: value(anyValue), abilities: list(anyValue, { optional: true }) },
    },
    places: { fields: { name: value(anyValue) } },
    things: { fields: { name: value(anyValue) } },
  },
  migrations: {
    1: {
      people: (record) => {
        const { name, ...rest } = record
        if (typeof name !== "string") return record
        return rest["full"] === undefined && rest["given"] === undefined ? { ...rest, full: name } : rest
      },
    },
    2: {
      people: (record) => {
        const { full, skills, ...rest } = record
        const [given = "", family = ""] = typeof full === "string" ? full.split(" ") : []
        const named = typeof full === "string" && rest["given"] === undefined ? { given, family } : {}
        const abilities =
          Array.isArray(skills) && rest["abilities"] === undefined ? { abilities: skills as unknown } : {}
        return typeof full === "string" || Array.isArray(skills) ? { ...rest, ...named, ...abilities } : record
      },
    },
  },
})

function older(client: number) {
  const doc = new Y.Doc()
  doc.clientID = client
  const records = openRecords(doc, first)
  return { doc, records, people: records.collection("people") }
}

function newer(client: number) {
  const doc = new Y.Doc()
  doc.clientID = client
  const records = openRecords(doc, third)
  return { doc, records, people: records.collection("people") }
}

test("M77 records are migrated when they are read, through every version, and as they change", () => {
  const [a, b] = [older(100_001), newer(100_002)]
  a.people.put("p", { name: "Ada Lovelace", skills: ["maths", "verse"] })
  sendTo(a, b)
  const told: unknown[] = []
  b.records.onChange((changes) => void told.push(changes[0]?.after))
  expect(b.people.get("p")).toEqual({ given: "Ada", family: "Lovelace", abilities: ["maths", "verse"] })
  expect(b.people.canonical("p")).toBe('{"abilities":["maths","verse"],"family":"Lovelace","given":"Ada"}')
  expect(b.people.get("p")).toBe(b.people.get("p"))
  expect(b.people.raw("p")).toEqual({ name: "Ada Lovelace", skills: ["maths", "verse"] })
  expect(b.people.check("p")).toEqual([])
  a.people.update("p", { name: "Augusta King" })
  sendTo(a, b)
  expect(told).toEqual([{ given: "Augusta", family: "King", abilities: ["maths", "verse"] }])
  expect(b.doc.getMap("$schema").size).toBe(0)
})

test("M77 a migration that throws leaves the record readable, with its reasons", () => {
  const broken = {
    ...third,
    migrations: {
      1: {
        people: (): PlainRecord => {
          throw new Error("no such case")
        },
      },
    },
  }
  const a = older(100_001)
  a.people.put("p", { name: "Ada Lovelace" })
  const doc = new Y.Doc()
  Y.applyUpdate(doc, Y.encodeStateAsUpdate(a.doc), "network")
  const people = openRecords(doc, defineSchema(broken)).collection("people")
  expect(people.get("p")).toEqual({ name: "Ada Lovelace" })
  expect(people.check("p").map(({ field }) => field)).toEqual(["given", "family"])
})

test("M78 a write stores what the migrations showed, the same at every replica, and leaves old fields alone", () => {
  const [a, b, c] = [older(100_001), newer(100_002), newer(100_003)]
  a.people.put("p", { name: "Ada Lovelace", skills: ["maths", "verse"] })
  mix(a, b, c)
  expect(b.people.update("p", { given: "Ada" })).toBe(false)
  b.people.list("p", "abilities").push("chess")
  c.people.list("p", "abilities").insert(0, "music")
  mix(a, b, c)
  expect(b.people.get("p")).toEqual({
    given: "Ada",
    family: "Lovelace",
    abilities: ["music", "maths", "verse", "chess"],
  })
  expect(b.people.concurrent("p")).toEqual([])
  expect(a.people.get("p")).toMatchObject({ name: "Ada Lovelace", skills: ["maths", "verse"] })
  a.people.update("p", { name: "too late" })
  mix(a, b, c)
  expect(c.people.get("p")).toMatchObject({ given: "Ada", family: "Lovelace" })
  expect(c.people.raw("p")).toMatchObject({ name: "too late" })
})

test("M79 the highest version that wrote is taken down by the first write of a newer one, and seen by older clients", () => {
  const [a, b] = [older(100_001), newer(100_002)]
  a.people.put("p", { name: "Ada Lovelace" })
  mix(a, b)
  expect([a.records.writtenVersion, b.records.writtenVersion]).toEqual([1, 1])
  b.people.put("q", { given: "Grace", family: "Hopper" })
  b.people.put("r", { given: "Edsger", family: "Dijkstra" })
  mix(a, b)
  expect([a.records.writtenVersion, a.doc.share.has("$schema")]).toEqual([3, true])
  expect(a.records.collections()).toEqual(["people", "places"])
})

test("M79 collections of a newer schema survive an older client", () => {
  const [a, b] = [older(100_001), newer(100_002)]
  b.records.collection("things").put("t", { name: "a thing" })
  mix(a, b)
  expect(a.records.collection("things").get("t")).toEqual({ name: "a thing" })
  a.people.put("p", { name: "Ada Lovelace" })
  mix(a, b)
  expect(b.records.collection("things").get("t")).toEqual({ name: "a thing" })
})
