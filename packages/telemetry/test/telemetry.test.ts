import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { type Clock, silentLog, systemClock } from "@millrace/ports"
import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { editIds, openTelemetry } from "../src/index.ts"

interface OtlpSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly startTimeUnixNano: string
  readonly status: { readonly code: number; readonly message?: string }
}

let received: (OtlpSpan & { readonly service: string })[] = []
let collector: Server
let endpoint = ""

beforeEach(async () => {
  received = []
  collector = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as {
        resourceSpans: {
          resource: { attributes: { key: string; value: { stringValue: string } }[] }
          scopeSpans: { spans: OtlpSpan[] }[]
        }[]
      }
      for (const { resource, scopeSpans } of body.resourceSpans) {
        const service = resource.attributes.find(({ key }) => key === "service.name")?.value.stringValue ?? ""
        received.push(...scopeSpans.flatMap(({ spans }) => spans.map((span) => ({ ...span, service }))))
      }
      response.setHeader("content-type", "application/json").end("{}")
    })
  })
  await new Promise<void>((resolve) => collector.listen(0, "127.0.0.1", resolve))
  endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`
  vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
})

afterEach(() => {
  vi.unstubAllEnvs()
  collector.closeAllConnections()
  collector.close()
})

// A dead collector is given up at once.
const clock: Clock = { ...systemClock, after: (ms, run) => systemClock.after(Math.min(ms, 300), run) }
const edit = { workspace: "w", generation: 1, seq: 7 }
const open = (service: string, more: Record<string, string> = {}): ReturnType<typeof openTelemetry> =>
  openTelemetry({ service, environment: { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, ...more }, log: silentLog, clock })

test("J390 steps of one edit told by two processes are one trace below one root", async () => {
  const relay = await open("millrace-relay")
  const projector = await open("millrace-projector")
  projector.spans.record({ name: "deliver", edit, startMs: 3_000, endMs: 4_000, error: "refused" })
  relay.spans.record({ name: "commit", edit, startMs: 1_000, endMs: 2_000, isRoot: true })
  relay.spans.record({ name: "commit", edit: { ...edit, seq: 8 }, startMs: 1_000, endMs: 2_000, isRoot: true })
  await Promise.all([relay.close(), projector.close()])
  const { traceId, rootSpanId } = editIds(edit)
  const ours = received.filter((span) => span.traceId === traceId)
  expect(received).toHaveLength(3)
  expect(ours.find(({ name }) => name === "commit")).toMatchObject({ spanId: rootSpanId, service: "millrace-relay" })
  expect(ours.find(({ name }) => name === "deliver")).toMatchObject({
    parentSpanId: rootSpanId,
    service: "millrace-projector",
    startTimeUnixNano: "3000000000",
    status: { code: 2, message: "refused" },
  })
})

test("J390 every process picks the same share of edits", async () => {
  const processes = await Promise.all([
    open("a", { OTEL_TRACES_SAMPLER_ARG: "0.3" }),
    open("b", { OTEL_TRACES_SAMPLER_ARG: "0.3" }),
  ])
  for (const { spans } of processes) {
    for (let seq = 1; seq <= 300; seq++)
      spans.record({
        name: "step",
        edit: { ...edit, seq },
        startMs: 1,
        endMs: 2,
        ...(spans === processes[0]?.spans ? { isRoot: true } : {}),
      })
  }
  await Promise.all(processes.map((one) => one.close()))
  const tracesOf = (service: string): string[] =>
    received
      .filter((span) => span.service === service)
      .map(({ traceId }) => traceId)
      .sort()
  expect(tracesOf("a")).toEqual(tracesOf("b"))
  expect(tracesOf("a").length).toBeGreaterThan(30)
  expect(tracesOf("a").length).toBeLessThan(200)
})

test("J391 without a collector's address nothing is gathered; a dead collector costs nobody anything", async () => {
  const off = await openTelemetry({ service: "x", environment: {}, log: silentLog, clock })
  expect(off.spans.enabled).toBe(false)
  off.spans.record({ name: "commit", edit, startMs: 1, endMs: 2 })
  await off.close()
  vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
  const dead = await open("x")
  for (let seq = 1; seq <= 5_000; seq++)
    dead.spans.record({ name: "commit", edit: { ...edit, seq }, startMs: 1, endMs: 2 })
  await dead.close()
  expect(received).toEqual([])
})
