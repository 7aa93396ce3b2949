import type { SeededRandom } from "@millrace/testkit"

type Mutation = (bytes: Uint8Array, random: SeededRandom, others: readonly Uint8Array[]) => Uint8Array

const mutations: readonly Mutation[] = [
  flipBit,
  setByte,
  setType,
  truncate,
  cutOut,
  putIn,
  lieAboutLength,
  splice,
  repeat,
]

/** The bytes with one to three things wrong; `others` lend their pieces. */
export function mutate(bytes: Uint8Array, random: SeededRandom, others: readonly Uint8Array[]): Uint8Array {
  let result = bytes
  for (let left = 1 + random.int(3); left > 0; left--) result = random.pick(mutations)(result, random, others)
  return result
}

function flipBit(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const at = random.int(bytes.length)
  return withByte(bytes, at, (bytes[at] ?? 0) ^ (1 << random.int(8)))
}

function setByte(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  return withByte(bytes, random.int(bytes.length), random.int(256))
}

/** The first bytes say what a message is. */
function setType(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  return withByte(bytes, random.int(2), random.int(32))
}

function truncate(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  return bytes.slice(0, random.int(bytes.length + 1))
}

function cutOut(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const from = random.int(bytes.length + 1)
  return joined(bytes.subarray(0, from), bytes.subarray(from + 1 + random.int(8)))
}

function putIn(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const at = random.int(bytes.length + 1)
  return joined(bytes.subarray(0, at), random.bytes(1 + random.int(8)), bytes.subarray(at))
}

/** Writes a number where one may stand: lengths, counts, clocks and ids are variable-length numbers. */
function lieAboutLength(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const at = random.int(bytes.length + 1)
  return joined(bytes.subarray(0, at), varUint(2 ** random.int(54) - random.int(2)), bytes.subarray(at + random.int(3)))
}

function splice(bytes: Uint8Array, random: SeededRandom, others: readonly Uint8Array[]): Uint8Array {
  const other = others.length === 0 ? bytes : random.pick(others)
  const from = random.int(other.length + 1)
  return joined(bytes.subarray(0, random.int(bytes.length + 1)), other.subarray(from, from + random.int(64)))
}

function repeat(bytes: Uint8Array): Uint8Array {
  return joined(bytes, bytes)
}

function withByte(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const result = bytes.slice()
  result[at] = value
  return result
}

function joined(...pieces: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(pieces))
}

function varUint(value: number): Uint8Array {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push(128 + (rest % 128))
  return Uint8Array.from([...bytes, rest])
}
