import { join } from "node:path"
import { freePort, runProcess, tempDir, waitFor } from "@millrace/testkit"
import { expect, test } from "vitest"
import { editor, jsonFiles, relayOn, statusOf, tokenOf, worker } from "./support.ts"

const dataset = { database: "db", name: "t", external: false }

test("hello worker", async () => {
  const data = tempDir("worker")
  const relay = await relayOn(data)
  const ann = await editor(relay.url, data, "shop")
  ann.records.collection("datasets").put("db.t", dataset)
  const seq = await ann.raw.flushed()
  const process1 = await worker(["--relay", relay.url, "--data", data])
  const status = await statusOf(relay.url, data, "shop")
  await waitFor(() => (status.getMap("watermarks").get("files/files") as { seq: number } | undefined)?.seq === seq, {
    what: "watermark",
    detail: () => process1.stderr + JSON.stringify(status.toJSON()),
  })
  console.log(JSON.stringify([...jsonFiles(join(data, "files"))]), JSON.stringify(status.toJSON()))
  const answer = await fetch(`${process1.ready}/workspaces/shop/status?seq=${seq}`, {
    headers: { authorization: `Bearer ${await tokenOf(data, "read")}` },
  })
  console.log(answer.status, await answer.text())
  const exit = await process1.kill("SIGTERM")
  console.log(exit, process1.stderr)
})
