import type { Schema } from "@millrace/model"
import { waitFor } from "@millrace/testkit"
import { expect, test } from "vitest"
import { memoryLogTarget } from "./support/memory-target.ts"
import { schema } from "./support/schema.ts"
import { Stage } from "./support/stage.ts"

/** A note is a whole with the tags whose body names it; a tag with the title "spoils" spoils it. */
const whole: Schema = {
  ...schema,
  units: [
    {
      root: "notes",
      members: { tags: "body" },
      judge: (reader, id) =>
        reader
          .referring("tags", "body", id)
          .filter((tag) => reader.get("tags", tag)?.["title"] === "spoils")
          .map((tag) => ({ collection: "tags", id: tag, field: "title", reason: "it spoils the whole" })),
    },
  ],
}

test("M410 what is wrong with a whole holds its root back, whoever changed what, until the whole is right again", async () => {
  const stage = new Stage()
  const sink = memoryLogTarget()
  const versions = (): readonly string[] =>
    sink.kept.map(({ collection, id, version }) => `${collection}/${id} ${version}`)
  const rejected = async (count: number): Promise<void> => {
    await waitFor(() => stage.projector.report("w").targets[0]?.bindings[0]?.rejected === count, {
      what: `${count} rejected records`,
      everyMs: 2,
    })
  }
  stage.writer.put("n", "one")
  stage.writer.put("t", "fine", "n", "tags")
  stage.writer.put("other", "apart")
  await stage.start({
    targets: [sink],
    bindings: [{ name: "all", target: "sink", collections: ["notes", "tags"] }],
    schema: whole,
  })
  await stage.settled()
  expect([...versions()].sort()).toEqual(["notes/n 1", "notes/other 1", "tags/t 1"])

  // The member is changed alone, and the root, which nobody touched, is held back with it.
  stage.writer.put("t", "spoils", "n", "tags")
  await rejected(2)
  stage.writer.put("n", "two")
  stage.writer.put("other", "changed")
  await stage.settled()
  await rejected(2)
  expect(versions()).not.toContain("notes/n 2")
  expect(versions()).toContain("notes/other 2")

  stage.writer.put("t", "fine again", "n", "tags")
  await rejected(0)
  await stage.settled()
  expect(versions()).toContain("notes/n 2")
  expect(versions()).toContain("tags/t 2")

  // A member that comes spoils it, and one that goes, or goes elsewhere, mends it.
  stage.writer.put("u", "spoils", "n", "tags")
  await rejected(2)
  stage.writer.delete("u", "tags")
  await rejected(0)
  stage.writer.put("u", "spoils", "n", "tags")
  await rejected(2)
  stage.writer.put("u", "spoils", "other", "tags")
  await rejected(2)
  await stage.settled()
  stage.writer.put("n", "three")
  await stage.settled()
  expect(versions()).toContain("notes/n 3")
})
