import { describe, expect, test } from "vitest"
import { shellFileFor } from "../src/shell/shell-files.ts"

const origin = "http://127.0.0.1:8080"
const files = new Set(["/", "/assets/page-1.js", "/icon.svg", "/api/trap.js"])
const ask = (path: string, mode = "cors", method = "GET"): string | undefined =>
  shellFileFor({ method, mode, url: path.startsWith("http") ? path : `${origin}${path}` }, origin, files)

describe("W15 the service worker answers for files of the shell and nothing else", () => {
  test.each([
    ["/", "navigate", "/"],
    ["/?workspace=gold&dataset=a.b", "navigate", "/"],
    ["/index.html", "navigate", "/"],
    ["/assets/page-1.js", "no-cors", "/assets/page-1.js"],
    ["/icon.svg", "no-cors", "/icon.svg"],
  ])("%s (%s) is answered", (path, mode, file) => {
    expect(ask(path, mode)).toBe(file)
  })
  test.each([
    ["/sync", "websocket"],
    ["/sync/catalog", "cors"],
    ["/dev/token", "cors"],
    ["/dev/token", "navigate"],
    ["/api/workspaces/catalog/status", "cors"],
    ["/api/trap.js", "cors"],
    ["/livez", "navigate"],
    ["/elsewhere", "navigate"],
    ["/assets/page-2.js", "no-cors"],
    ["/assets/page-1.js?v=2", "no-cors"],
    ["http://127.0.0.1:9/", "navigate"],
  ])("%s (%s) goes to the network", (path, mode) => {
    expect(ask(path, mode)).toBeUndefined()
  })
  test("only GET is answered", () => {
    expect(ask("/", "navigate", "POST")).toBeUndefined()
  })
})
