import type { RecordRef, RecordState, RecordStatus, WorkspaceStatus } from "@millrace/client"
import { describe, expect, test } from "vitest"
import { targetLines, worstState } from "../src/status/record-view.ts"
import { StatusStore } from "../src/workspace/status-store.ts"

const status: WorkspaceStatus = {
  connection: "online",
  permission: "write",
  waiting: 0,
  seq: 1,
  generation: 1,
  caughtUp: true,
  catchingUp: undefined,
  storage: "open",
  lastError: undefined,
  bindings: [],
}

/** A workspace's status side, steered by hand: the real one is in the browser tests. */
function source(): {
  readonly store: StatusStore
  readonly states: Map<string, RecordState>
  readonly change: (refs: readonly RecordRef[] | undefined) => void
} {
  const states = new Map<string, RecordState>()
  let told: (refs: readonly RecordRef[] | undefined) => void = () => {}
  const recordStatus = (collection: string, id: string): RecordStatus => ({
    collection,
    id,
    state: states.get(`${collection}/${id}`) ?? "accepted",
    touchedSeq: 1,
    targets: {},
  })
  const store = new StatusStore(
    {
      status,
      recordStatus,
      onStatus: () => () => {},
      onRecordStatus: (listener) => {
        told = listener
        return () => {}
      },
    },
    (collection, id) => (collection === "datasets" ? id : id.split("/")[0]),
  )
  return { store, states, change: (refs) => told(refs) }
}

describe("W12 a record's status is a stable snapshot until it changes", () => {
  test("the same object until the workspace tells of a real change", () => {
    const { store, states, change } = source()
    const first = store.record("datasets", "a")
    expect(store.record("datasets", "a")).toBe(first)
    change(undefined)
    expect(store.record("datasets", "a")).toBe(first)
    states.set("datasets/a", "pending")
    change([{ collection: "datasets", id: "a" }])
    expect(store.record("datasets", "a").state).toBe("pending")
  })

  test("only who shows the record is woken; a column wakes its dataset's row", () => {
    const { store, change } = source()
    const woken: string[] = []
    store.onRecord("datasets", "a", () => woken.push("a"))
    store.onRecord("datasets", "b", () => woken.push("b"))
    store.onWhole("a", () => woken.push("row a"))
    change([{ collection: "columns", id: "a/column/0" }])
    expect(woken).toEqual(["row a"])
    change(undefined)
    expect(woken.slice(1).sort()).toEqual(["a", "b", "row a"])
  })

  test("more statuses than are kept: still right", () => {
    const { store } = source()
    for (let index = 0; index <= StatusStore.maxKept + 10; index += 1) store.record("datasets", `d${index}`)
    expect(store.record("datasets", "d0").state).toBe("accepted")
  })
})

describe("W13 a row shows the worst of a dataset and its columns", () => {
  test("one rejected column shows", () => {
    const { store, states } = source()
    states.set("columns/a/column/1", "rejected")
    expect(store.whole("a", ["a/column/0", "a/column/1"])).toBe("rejected")
    expect(store.whole("b", [])).toBe("accepted")
  })
  test("parked before rejected before conflict before waiting before pending before the rest", () => {
    expect(worstState(["accepted", "pending", "waiting", "conflict", "rejected", "parked"])).toBe("parked")
    expect(worstState(["accepted", "pending", "waiting", "conflict", "rejected"])).toBe("rejected")
    expect(worstState(["accepted", "pending", "waiting"])).toBe("waiting")
    expect(worstState(["accepted", "durable", "pending"])).toBe("pending")
    expect(worstState([])).toBe("durable")
  })
})

test("W11 what this browser has not stored yet counts as saving", async () => {
  const { store } = source()
  let stored: () => void = () => {}
  store.track(new Promise((resolve) => (stored = resolve)))
  expect(store.view().state).toBe("saving")
  store.track(Promise.reject(new Error("quota")))
  stored()
  await Promise.resolve()
  await Promise.resolve()
  expect(store.view().state).toBe("saved")
})

test("W14 every target's word is listed, with its reason", () => {
  const lines = targetLines({
    collection: "datasets",
    id: "a",
    state: "rejected",
    touchedSeq: 3,
    targets: {
      "flume/events": { state: "rejected", reason: "too large", seq: 3 },
      "files/copy": { state: "accepted", seq: 3 },
    },
  })
  expect(lines).toEqual([
    { target: "files", binding: "copy", state: "accepted", reason: undefined },
    { target: "flume", binding: "events", state: "rejected", reason: "too large" },
  ])
})
