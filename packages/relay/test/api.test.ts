import { readFileSync } from "node:fs"
import { waitFor } from "@millrace/testkit"
import { expect, test } from "vitest"
import { routes } from "../src/http/routes.ts"
import { connect, RawClient } from "./support/raw-client.ts"
import { openGatedStore } from "./support/relay.ts"
import { startAdminStage as start } from "./support/admin-stage.ts"

test("R338 reading needs role read and changing role admin of that workspace, over HTTP as well", async () => {
  const { call, edit, token } = await start()
  await edit("w", "x")
  const kinds = {
    read: await token({ w: "read" }),
    write: await token({ w: "publish" }),
    other: await token({ v: "admin" }),
  }
  for (const { method, path, open } of routes) {
    const at = path.replace("{workspace}", "w")
    expect((await call(method, at, { token: "nonsense" })).status, at).toBe(open ? 200 : 401)
    if (open || path === "/workspaces") continue
    const reads = method === "GET" && path !== "/revocations" && path !== "/quarantine"
    expect((await call(method, at, { token: kinds.read })).status, `${method} ${at}`).toBe(reads ? 200 : 403)
    expect((await call(method, at, { token: kinds.write })).status, `${method} ${at}`).toBe(reads ? 200 : 403)
    expect((await call(method, at, { token: kinds.other })).status, `${method} ${at}`).toBe(403)
  }
})

interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
}
interface Operation {
  readonly operationId: string
  readonly security: readonly unknown[]
  readonly responses: Readonly<Record<string, { $ref?: string; content?: Record<string, { schema: Schema }> }>>
}

test("R339 the OpenAPI file describes exactly what is answered: every route, its statuses, its bodies", async () => {
  const file = new URL("../openapi.json", import.meta.url)
  const api = JSON.parse(readFileSync(file, "utf8")) as {
    paths: Record<string, Record<string, Operation>>
    components: { schemas: Record<string, Schema>; responses: Record<string, Operation["responses"][string]> }
  }
  const described = Object.entries(api.paths).flatMap(([path, item]) =>
    Object.keys(item)
      .filter((method) => method !== "parameters")
      .map((method) => `${method.toUpperCase()} ${path}`),
  )
  expect(described.toSorted()).toEqual(routes.map(({ method, path }) => `${method} ${path}`).toSorted())

  const { call, edit, token, http } = await start()
  await edit("w", "x")
  const file1 = (await call("GET", "/workspaces/w/export")).body as string
  const reader = await token({ "*": "read" })
  const operationOf = (method: string, path: string): Operation | undefined => api.paths[path]?.[method.toLowerCase()]
  const fits = (value: unknown, schema: Schema, at: string): void => {
    const name = schema.$ref?.split("/").at(-1)
    if (name !== undefined) return fits(value, api.components.schemas[name] ?? {}, `${at}:${name}`)
    const types = typeof schema.type === "string" ? [schema.type] : (schema.type ?? [])
    const type =
      value === null ? "null" : Array.isArray(value) ? "array" : typeof value === "number" ? "integer" : typeof value
    if (types.length > 0) expect(types, `${at} is ${type}`).toContain(type)
    if (Array.isArray(value)) value.forEach((item, index) => fits(item, schema.items ?? {}, `${at}[${index}]`))
    else if (type === "object" && schema.properties !== undefined) {
      expect(Object.keys(schema.properties), at).toEqual(expect.arrayContaining(Object.keys(value as object)))
      expect(Object.keys(value as object), at).toEqual(expect.arrayContaining([...(schema.required ?? [])]))
      for (const [key, item] of Object.entries(value as object))
        fits(item, schema.properties[key] ?? {}, `${at}.${key}`)
    }
  }
  const check = async (
    method: string,
    path: string,
    body: string | undefined,
    given: string | undefined,
    query = "",
  ): Promise<number> => {
    const at = `${method} ${path}`
    const operation = operationOf(method, path)
    const answer = await fetch(http + path.replace("{workspace}", "w") + query, {
      method,
      headers: given === undefined ? {} : { authorization: `Bearer ${given}` },
      ...(body === undefined ? {} : { body }),
    })
    const text = await answer.text()
    const response = operation?.responses[answer.status]
    expect(response, `${at} answers ${answer.status}, which is not described`).toBeDefined()
    const { content } = response?.$ref === undefined ? (response ?? {}) : (api.components.responses["Refused"] ?? {})
    const type = answer.headers.get("content-type")?.split(";")[0] ?? ""
    expect(Object.keys(content ?? {}), at).toEqual([type])
    if (type === "application/json") fits(JSON.parse(text), content?.[type]?.schema ?? {}, at)
    return answer.status
  }
  const bodies: Readonly<Record<string, string>> = {
    revoke: '{"tokenId":"x"}',
    resetWorkspace: '{"generation":1}',
    importWorkspace: file1,
  }
  // Deleting, restoring, resetting in the order of the table; then refusals of every route.
  for (const { method, path, open } of routes) {
    const operation = operationOf(method, path)
    expect(operation?.security.length === 0, path).toBe(open)
    if (operation?.operationId === "importWorkspace") {
      expect(await call("POST", "/workspaces/w/reset", { body: '{"generation":2,"content":"empty"}' })).toMatchObject({
        status: 200,
      })
    }
    // A deleted workspace is restored at its turn; what comes between is answered to an admin.
    expect(
      await check(method, path, bodies[operation?.operationId ?? ""], open ? undefined : await token({ "*": "admin" })),
    ).toBe(200)
    if (open) continue
    expect(await check(method, path, method === "POST" ? "{}" : undefined, undefined)).toBe(401)
    if (method !== "GET") expect(await check(method, path, "{}", reader)).toBe(403)
    if (path.endsWith("/history")) expect(await check(method, path, undefined, reader, "?limit=0")).toBe(400)
  }
})

test("R340 the metrics page counts what happened, in Prometheus' text, without the name of anybody or anything", async () => {
  const { edit, ws, http, relay } = await start()
  const one = await edit("some-secret-name", "x")
  const denied = new RawClient(ws, "nonsense")
  await denied.closing()
  const page = await (await fetch(`${http}/metrics`)).text()
  const valueOf = (name: string): number =>
    Number(
      page
        .split("\n")
        .find((line) => line.startsWith(`${name} `))
        ?.split(" ")[1],
    )
  expect(valueOf("millrace_relay_connections")).toBe(1)
  expect(valueOf("millrace_relay_channels")).toBe(1)
  expect(valueOf("millrace_relay_rooms")).toBe(1)
  expect(valueOf("millrace_relay_commits_total")).toBe(1)
  expect(valueOf("millrace_relay_commit_seconds_count")).toBe(1)
  expect(valueOf("millrace_relay_acks_total")).toBeGreaterThan(0)
  expect(valueOf("millrace_relay_frames_in_total")).toBeGreaterThan(2)
  expect(valueOf("millrace_relay_bytes_out_total")).toBeGreaterThan(20)
  expect(valueOf("millrace_relay_loop_delay_max_seconds")).toBeGreaterThanOrEqual(0)
  expect(page).toContain('millrace_relay_refusals_total{kind="unauthenticated"} 1\n')
  expect(page).not.toMatch(/some-secret-name|\bann\b|127\.0\.0\.1/)
  for (const line of page.trimEnd().split("\n")) {
    expect(line).toMatch(
      /^(# (HELP|TYPE) millrace_relay_\w+ .+|millrace_relay_\w+(\{(le|kind)="[^"]+"\})? -?[\d.e+-]+)$/,
    )
  }
  expect(one.client.closed).toBeUndefined()
  await relay.close()
})

test("R341 a relay that stops acknowledges what it took, then tells each socket its own time to come back, and closes with 1012", async () => {
  const store = await openGatedStore()
  const { ws, token, relay } = await start({ store })
  const good = await token({ "*": "write" })
  const writer = await connect(ws, good, "w")
  const others = await Promise.all(Array.from({ length: 30 }, () => connect(ws, good, "w")))
  store.shut()
  writer.doc.getMap("m").set("x", 1)
  await waitFor(() => store.appends > 0, { what: "the append" })
  const closing = relay.close()
  // What comes now is neither taken nor acknowledged.
  const { sent } = writer
  writer.doc.getMap("m").set("x", 2)
  store.open()
  await closing
  await writer.client.closing()
  const order = writer.client.heard.map(({ type }) => type)
  expect(order.lastIndexOf("durable")).toBeLessThan(order.indexOf("error"))
  expect(writer.client.heard.filter((one) => one.type === "durable").at(-1)).toMatchObject({ received: sent })
  const hints = new Set<number>()
  for (const { client } of [writer, ...others]) {
    expect(await client.closing()).toMatchObject({ code: 1012 })
    const told = await client.hear("error")
    expect(told).toMatchObject({ channel: 0, kind: "unavailable" })
    if (typeof told.retry === "object") hints.add(told.retry.afterMs)
  }
  expect(hints.size).toBeGreaterThan(10)
  for (const afterMs of hints) expect(afterMs).toBeLessThan(1000)
  expect(await store.head("log/w@1")).toBe(1)
})
