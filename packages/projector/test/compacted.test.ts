import { expect, test } from "vitest"
import { memoryLogTarget } from "./support/memory-target.ts"
import { Stage } from "./support/stage.ts"

const all = { name: "all", target: "sink", collections: ["notes", "tags"] }

test("R410 a projector whose position was compacted goes on without a gap: changes since then are one version each, by the last known author", async () => {
  const stage = new Stage()
  const sink = memoryLogTarget()
  const options = { targets: [sink], bindings: [all] }
  stage.writer.put("a", "one")
  stage.writer.put("b", "one")
  stage.writer.put("same", "one")
  await stage.start(options)
  await stage.settled()
  await stage.stop()
  stage.writer.put("a", "two")
  stage.writer.put("a", "three")
  stage.writer.delete("b")
  const bob = stage.newWriter("bob")
  bob.pull()
  bob.put("c", "one")
  stage.relay.compact("w", 7)
  bob.put("c", "two")
  const head = stage.relay.head("w")
  expect(head).toBe(8)
  await stage.start(options)
  await stage.settled()
  const kept = sink.kept.map(({ id, version, op, author, seqFrom, seq }) => [id, version, op, author, seqFrom, seq])
  expect(kept.slice(0, 3).map(([id, version]) => [id, version])).toEqual([
    ["a", 1],
    ["b", 1],
    ["same", 1],
  ])
  expect(kept.slice(3).sort(([a = ""], [b = ""]) => (a < b ? -1 : 1))).toEqual([
    ["a", 2, "update", "bob", 4, 7],
    ["b", 2, "delete", "bob", 4, 7],
    ["c", 1, "add", "bob", 4, 8],
  ])
  expect(sink.kept.find(({ id, version }) => id === "a" && version === 2)?.after).toBe('{"title":"three"}')
})

test("R410 a projector that stands behind what was compacted reads it without deriving anything again", async () => {
  const stage = new Stage()
  const sink = memoryLogTarget()
  const options = { targets: [sink], bindings: [all] }
  for (const title of ["one", "two", "three"]) stage.writer.put("a", title)
  await stage.start(options)
  await stage.settled()
  await stage.stop()
  const kept = sink.kept.length
  stage.relay.compact("w", 2)
  await stage.start(options)
  await stage.settled()
  expect(sink.kept.length).toBe(kept)
  stage.writer.put("a", "four")
  await stage.settled()
  expect(sink.kept.at(-1)).toMatchObject({ id: "a", version: kept + 1, author: "ann", seq: 4 })
})

test("R410 what merged entries may have touched counts as touched also while the look at the start still waits", async () => {
  const stage = new Stage()
  const sink = memoryLogTarget()
  const options = { targets: [sink], bindings: [all] }
  stage.writer.put("a", 1, "one")
  await stage.start(options)
  await stage.shows("sink/all", 1)
  await stage.stop()
  const port = stage.relay.port.bind(stage.relay)
  stage.relay.port = (isAlive) => {
    const relay = port(isAlive)
    return {
      ...relay,
      follow: (follow) =>
        relay.follow({
          ...follow,
          onCaughtUp: async (at) => {
            await follow.onCaughtUp?.(at)
            if (at.seq !== 1) return
            // Before anything is looked at: still invalid, for the same reason, and told merged.
            stage.writer.put("a", 1, "two")
            stage.relay.compact("w", 2)
          },
        }),
    }
  }
  await stage.start(options)
  await stage.shows("sink/all", 2)
  expect(stage.status().exceptions[JSON.stringify(["sink", "all", "notes", "a"])]).toMatchObject({
    kind: "rejected",
    seq: 2,
  })
})
