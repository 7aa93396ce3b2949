import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { atEndOfTests, tempDir, waitFor } from "@millrace/testkit"
import { expect, test } from "vitest"
import { cli } from "./support/cli.ts"
import { startParts } from "./support/parts.ts"

interface OtlpSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
}

/** A collector that takes OTLP over HTTP. */
async function startCollector(): Promise<{ readonly endpoint: string; readonly spans: OtlpSpan[] }> {
  const spans: OtlpSpan[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as {
        readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[] }[]
      }
      spans.push(...body.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)))
      response.setHeader("content-type", "application/json").end("{}")
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  atEndOfTests(async () => {
    server.closeAllConnections()
    server.close()
  })
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, spans }
}

test("J397 one edit is one trace, from the relay's disk to the target, over two processes", async () => {
  const { endpoint, spans } = await startCollector()
  const dir = tempDir("traces")
  const parts = await startParts(
    dir,
    {
      targets: { files: { kind: "files", dir: "out" } },
      bindings: [{ name: "copies", target: "files", collections: ["datasets"] }],
    },
    { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint },
  )
  await parts.startRelay()
  await parts.startProjector()
  const table = { qualifiedName: "a.b", database: "a", name: "b", external: false, columns: [], partitionKeys: [] }
  writeFileSync(join(dir, "tables.json"), JSON.stringify([table]))
  const server = ["--workspace", "w", "--url", parts.url, "--token", await parts.token("w", "write")]
  expect((await cli("import", join(dir, "tables.json"), ...server)).code).toBe(0)
  const trace = await waitFor(
    () => {
      const delivered = spans.find(({ name }) => name === "deliver")
      const whole = spans.filter(({ traceId }) => traceId === delivered?.traceId)
      return whole.length >= 3 ? whole : undefined
    },
    { what: "the trace", deadlineMs: 20_000 },
  )
  const root = trace.find(({ name }) => name === "commit")
  expect(trace.map(({ name }) => name).sort()).toEqual(["commit", "deliver", "derive"])
  for (const { name, parentSpanId } of trace) expect(parentSpanId ?? "").toBe(name === "commit" ? "" : root?.spanId)
})
