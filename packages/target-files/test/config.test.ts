import { expect, test } from "vitest"
import { filesConfig } from "../src/index.ts"

test("T58 a files target needs dir, which is made absolute", () => {
  expect(filesConfig({ kind: "files", dir: "/srv/out" }, "targets.files")).toEqual({ kind: "files", dir: "/srv/out" })
  expect(filesConfig({ kind: "files", dir: "out" }, "targets.files", "/srv").dir).toBe("/srv/out")
})

test.each([
  [null, "targets.files must be an object"],
  [{ kind: "flume", dir: "x" }, "targets.files.kind"],
  [{ kind: "files" }, "targets.files.dir"],
  [{ kind: "files", dir: "" }, "targets.files.dir"],
  [{ kind: "files", dir: "a\0b" }, "targets.files.dir"],
  [{ kind: "files", dir: 3 }, "targets.files.dir"],
  [{ kind: "files", dir: "x", path: "y" }, "targets.files.path is not a setting here"],
])("T58 %j is refused with kind usage, naming the field", (value, message) => {
  expect(() => filesConfig(value, "targets.files")).toThrow(
    expect.objectContaining({ kind: "usage", message: expect.stringContaining(message) as string }) as Error,
  )
})
