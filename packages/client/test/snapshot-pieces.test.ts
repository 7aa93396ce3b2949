import { expect, test } from "vitest"
import { type SnapshotMessage, SnapshotPieces } from "../src/node/snapshot-pieces.ts"

const bytes = Uint8Array.from({ length: 10 }, (_, index) => index)

function piece(from: number, to: number, more: Partial<SnapshotMessage> = {}): SnapshotMessage {
  const last = to === bytes.length
  const head = { type: "snapshot", channel: 1, seq: 7, holdsSeq: 9, generation: 1, author: "a", timeMs: 1 } as const
  return { ...head, totalBytes: bytes.length, last, piece: bytes.subarray(from, to), ...more }
}

test("R412 a snapshot in pieces comes out whole, and pieces that do not fit together are corrupt and asked for again", () => {
  const pieces = new SnapshotPieces()
  expect(pieces.add(piece(0, 4))).toBeUndefined()
  expect(pieces.add(piece(4, 9))).toBeUndefined()
  expect(pieces.add(piece(9, 10))).toEqual(bytes)
  expect(new SnapshotPieces().add(piece(0, 10))).toEqual(bytes)
  for (const wrong of [
    [piece(0, 4), piece(4, 8, { last: true })],
    [piece(0, 9), piece(0, 4)],
    [piece(0, 4), piece(4, 10, { seq: 8 })],
    [piece(0, 4, { totalBytes: 2 ** 40 })],
  ]) {
    const joiner = new SnapshotPieces()
    expect(() => wrong.map((one) => joiner.add(one))).toThrow(
      expect.objectContaining({ kind: "corrupt", retry: { afterMs: 1000 } }),
    )
  }
})
