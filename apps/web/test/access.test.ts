import { MillraceError } from "@millrace/ports"
import { describe, expect, test } from "vitest"
import { parseAddress, withDataset, withoutToken } from "../src/workspace/address.ts"
import { createTokens, type FetchJson, type TokenStorage } from "../src/workspace/tokens.ts"

function memoryStorage(): TokenStorage & { readonly map: Map<string, string> } {
  const map = new Map<string, string>()
  return {
    map,
    getItem: (key) => map.get(key) ?? null,
    setItem: (key, text) => void map.set(key, text),
    removeItem: (key) => void map.delete(key),
  }
}

const answering =
  (status: number, body: unknown): FetchJson =>
  () =>
    Promise.resolve({ ok: status < 300, status, json: () => Promise.resolve(body) })

describe("W9 the address names the workspace; a token never stays in it", () => {
  test.each([
    ["http://h/", { workspace: "catalog", dataset: undefined, token: undefined }],
    ["http://h/?workspace=gold&dataset=a.b", { workspace: "gold", dataset: "a.b", token: undefined }],
    ["http://h/#token=abc.def-_", { workspace: "catalog", dataset: undefined, token: "abc.def-_" }],
    ["http://h/#token=", { workspace: "catalog", dataset: undefined, token: undefined }],
    [
      "http://h/?view=workflows&workflow=w",
      { workspace: "catalog", dataset: undefined, token: undefined, workflow: "w", view: "workflows" as const },
    ],
  ])("%s", (url, address) => {
    expect(parseAddress(new URL(url))).toEqual({ workflow: undefined, view: "datasets", ...address })
  })
  test("the rest of the address stays", () => {
    expect(withoutToken(new URL("http://h/?workspace=w#token=secret&x=1")).href).toBe("http://h/?workspace=w#x=1")
    expect(withoutToken(new URL("http://h/?workspace=w#token=secret")).href).toBe("http://h/?workspace=w")
  })
  test("the open dataset stands in the address", () => {
    expect(withDataset(new URL("http://h/?workspace=w"), "a.b").href).toBe("http://h/?workspace=w&dataset=a.b")
    expect(withDataset(new URL("http://h/?workspace=w&dataset=a.b"), undefined).href).toBe("http://h/?workspace=w")
  })
})

describe("W10 the token: a pasted one, else a fresh development token at every connection", () => {
  test("a development token is asked for each time", async () => {
    let count = 0
    const tokens = createTokens(() => {
      count += 1
      return answering(200, { token: `t${count}`, expiresAtMs: 1 })("/dev/token")
    }, memoryStorage())
    expect([await tokens.token(), await tokens.token()]).toEqual(["t1", "t2"])
  })
  test("a pasted token goes first and lives in the session alone", async () => {
    const storage = memoryStorage()
    const tokens = createTokens(answering(200, { token: "dev" }), storage)
    tokens.give(" pasted\n")
    expect(await tokens.token()).toBe("pasted")
    expect(await createTokens(answering(404, undefined), storage).token()).toBe("pasted")
    tokens.forget()
    expect(await tokens.token()).toBe("dev")
  })
  test("a server that cannot be reached: unavailable, worth another try, no token asked of the person", async () => {
    const tokens = createTokens(() => Promise.reject(new TypeError("Failed to fetch")), memoryStorage())
    await expect(tokens.token()).rejects.toMatchObject({ kind: "unavailable", retry: "now" })
    expect(tokens.isNeeded()).toBe(false)
  })
  test("a server without development tokens: the person is asked, until one is given", async () => {
    const tokens = createTokens(answering(404, { error: {} }), memoryStorage())
    let told = 0
    tokens.onNeeded(() => (told += 1))
    await expect(tokens.token()).rejects.toMatchObject({ kind: "unauthenticated" })
    await expect(tokens.token()).rejects.toBeInstanceOf(MillraceError)
    expect([tokens.isNeeded(), told]).toEqual([true, 1])
    tokens.give("x")
    expect([tokens.isNeeded(), told]).toEqual([false, 2])
  })
  test.each([
    [500, {}],
    [200, {}],
    [200, { token: 5 }],
    [200, "no object"],
  ])("an answer that holds no token (%i, %j): unavailable", async (status, body) => {
    const tokens = createTokens(answering(status, body), memoryStorage())
    await expect(tokens.token()).rejects.toMatchObject({ kind: "unavailable" })
  })
})
