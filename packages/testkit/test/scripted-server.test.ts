import { expect, test } from "vitest"
import { parseSinkLine, startScriptedServer } from "../src/index.ts"

async function post(url: string, body: string): Promise<string> {
  try {
    const answer = await fetch(url, { method: "POST", body, signal: AbortSignal.timeout(2000) })
    return `${answer.status} ${await answer.text()}`
  } catch {
    return "no answer"
  }
}

test("a scripted server does to each request what its step says, and then what the application says", async () => {
  const seen: string[] = []
  const server = await startScriptedServer((request) => {
    seen.push(request.body.toString())
    return { status: 200, body: "applied" }
  })
  server.script(
    { answer: { status: 418, body: "no" } },
    { answer: { status: 500 }, apply: true },
    { drop: "before" },
    { drop: "after" },
    { delayMs: 5 },
  )
  const answers: string[] = []
  for (const name of ["a", "b", "c", "d", "e", "f"]) answers.push(await post(server.url, name))
  expect(answers).toEqual(["418 no", "500 ", "no answer", "no answer", "200 applied", "200 applied"])
  expect(seen).toEqual(["b", "d", "e", "f"])
  expect(server.requests.map((request) => request.body.toString())).toEqual(["a", "b", "c", "d", "e", "f"])
  server.always({ answer: { status: 503 } })
  expect(await post(server.url, "g")).toBe("503 ")
  await server.kill()
  expect(await post(server.url, "h")).toBe("no answer")
  server.always(undefined)
  await server.revive()
  expect(await post(server.url, "i")).toBe("200 applied")
  await server.stop()
})

test("a line of the sink gives headers and body back", () => {
  expect(parseSinkLine('{a=1, b=%7B%2C%20} {"x":"}{"}')).toEqual({
    headers: { a: "1", b: "%7B%2C%20" },
    body: '{"x":"}{"}',
  })
  expect(parseSinkLine("{} body")).toEqual({ headers: {}, body: "body" })
  expect(parseSinkLine("{a=} ")).toEqual({ headers: { a: "" }, body: "" })
  expect(() => parseSinkLine("half")).toThrow(/Not a line/)
})
