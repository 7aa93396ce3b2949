import { hash } from "node:crypto"
import * as fc from "fast-check"
import { expect, test } from "vitest"
import {
  canonicalForm,
  canonicalJson,
  maxDepth,
  parseCanonical,
  recordHash,
  sameValue,
  sha256Hex,
} from "../src/index.ts"
import { baseSeed } from "./support/seeded.ts"

class Own {
  readonly field = 1
}

const scalar = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.double(),
  fc.string({ unit: "binary" }),
  fc.bigInt(),
  fc.uint8Array(),
  fc.date({ noInvalidDate: true }),
)
const key = fc.oneof(
  fc.string(),
  fc.constantFrom("__proto__", "$", "$n", "$$b", "constructor", "10", "9", "é", "\ud800"),
)
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    scalar,
    fc.array(tie("tree"), { maxLength: 4 }),
    fc.array(fc.tuple(key, tie("tree")), { maxLength: 4 }).map((pairs) => Object.fromEntries(pairs)),
  ),
}))

test("M1 one value has one canonical text, whatever the order of its keys", () => {
  expect(canonicalJson({ b: 1, a: [true, null, "x"], é: {}, Z: 0.5 })).toBe(
    '{"Z":0.5,"a":[true,null,"x"],"b":1,"é":{}}',
  )
  expect(canonicalJson({ 10: 1, 9: 2 })).toBe('{"10":1,"9":2}')
  expect(canonicalJson({ a: undefined, b: 1 })).toBe('{"b":1}')
  expect(sameValue({ a: 1, b: 2 }, { b: 2, a: 1 })).toBe(true)
  expect(sameValue(0, -0)).toBe(false)
  expect(sameValue(undefined, null)).toBe(false)
})

test("M2 every value that may be stored comes back as it was", () => {
  fc.assert(
    fc.property(tree, (value) => {
      const text = canonicalJson(value)
      const back = parseCanonical(text)
      expect(canonicalJson(back)).toBe(text)
      expect(back).toEqual(value)
    }),
    { seed: baseSeed(), numRuns: 500 },
  )
})

test("M2 what JSON lacks has tags, and real keys that look like tags are doubled", () => {
  const value = { n: NaN, z: -0, i: Infinity, b: 10n, u: new Uint8Array([1, 2]), d: new Date(5), $n: "NaN" }
  expect(canonicalJson(value)).toBe(
    '{"$$n":"NaN","b":{"$i":"10"},"d":{"$d":5},"i":{"$n":"Infinity"},"n":{"$n":"NaN"},"u":{"$b":"AQI="},"z":{"$n":"-0"}}',
  )
  expect(parseCanonical(canonicalJson(value))).toEqual(value)
})

test("M2 __proto__ is an ordinary key that never becomes a prototype", () => {
  const value = parseCanonical('{"__proto__":{"isAdmin":true},"a":{"$$x":{"__proto__":1}}}') as Record<string, unknown>
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
  expect(value["isAdmin"]).toBeUndefined()
  expect(Object.keys(value)).toEqual(["__proto__", "a"])
  expect(canonicalJson(value)).toBe('{"__proto__":{"isAdmin":true},"a":{"$$x":{"__proto__":1}}}')
})

test.each<readonly [string, unknown, string]>([
  ["a function", { a: [() => 1] }, "at a.0 cannot be stored: it is a function"],
  ["a symbol", Symbol("s"), "The value cannot be stored: it is a symbol"],
  ["undefined in a list", [undefined], "at 0 cannot be stored: it is undefined"],
  ["a class instance", { m: new Map() }, "at m cannot be stored: it is an instance of a class (Map)"],
  ["an own class", { o: new Own() }, "at o cannot be stored: it is an instance of a class"],
  ["an invalid date", { d: new Date(NaN) }, "at d cannot be stored: it is an invalid date"],
])("M3 %s is refused, and its place named", (_, value, message) => {
  expect(() => canonicalJson(value)).toThrow(expect.objectContaining({ kind: "invalid" }))
  expect(() => canonicalJson(value)).toThrow(message)
})

test("M3 circles and endless nesting are refused", () => {
  const circle: { self?: unknown } = {}
  circle.self = circle
  expect(() => canonicalJson(circle)).toThrow(`more than ${maxDepth} levels`)
})

test.each([
  ["white space", '{"a": 1}'],
  ["unsorted keys", '{"b":1,"a":2}'],
  ["a key twice", '{"a":1,"a":2}'],
  ["another spelling of a number", "[1.0]"],
  ["minus zero without its tag", "-0"],
  ["a number too large", "1e999"],
  ["another spelling of a text", String.raw`"\u0041"`],
  ["an unknown tag", '{"$q":1}'],
  ["a tag beside a key", '{"$n":"NaN","a":1}'],
  ["a tag of the wrong kind", '{"$b":5}'],
  ["a number that has no tag", '{"$n":"5"}'],
  ["a date that is none", '{"$d":9e99}'],
  ["base64 that is none", '{"$b":"*"}'],
  ["an integer in another spelling", '{"$i":"0x10"}'],
  ["no JSON at all", "{"],
  ["nesting without end", "[".repeat(5000) + "]".repeat(5000)],
])("M4 text with %s is refused", (_, text) => {
  expect(() => parseCanonical(text)).toThrow(expect.objectContaining({ kind: "corrupt" }))
})

test("M5 a record's hash is the SHA-256 of its canonical text, ours or the platform's", () => {
  const native = (text: string): string => hash("sha256", text)
  const text = canonicalJson({ name: "Brötchen 🥐", price: 0.35 })
  expect(recordHash(text)).toBe(native(text))
  expect(recordHash(text, native)).toBe(native(text))
  expect(sha256Hex("")).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
  expect(canonicalForm).toBe(1)
})
