import { once } from "node:events"
import { type AddressInfo, createConnection, createServer, type Socket } from "node:net"
import { expect, test } from "vitest"
import { cleanUp } from "../src/cleanup.ts"
import { atEndOfTests, startToxicProxy, waitFor } from "../src/index.ts"

/** A server that sends back what it gets. */
async function startEcho(): Promise<{ port: number; ended: () => number }> {
  let ended = 0
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on("error", () => {})
    socket.on("end", () => (ended += 1))
    socket.pipe(socket)
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  atEndOfTests(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, ended: () => ended }
}

interface Client {
  readonly socket: Socket
  readonly received: () => Buffer
  readonly failure: () => string | undefined
}

async function connect(port: number): Promise<Client> {
  const socket = createConnection({ host: "127.0.0.1", port })
  const chunks: Buffer[] = []
  let failure: string | undefined
  socket.on("data", (chunk: Buffer) => void chunks.push(chunk))
  socket.on("error", (error: NodeJS.ErrnoException) => (failure = error.code))
  atEndOfTests(() => void socket.destroy())
  await waitFor(() => !socket.connecting, { what: "the connection" })
  return { socket, received: () => Buffer.concat(chunks), failure: () => failure }
}

test("bytes pass both ways, large ones whole and in order, and the end is passed on", async () => {
  const echo = await startEcho()
  const proxy = await startToxicProxy({ target: { port: echo.port } })
  const client = await connect(proxy.port)
  const sent = Buffer.from(Array.from({ length: 5_000_000 }, (_, index) => (index * 7919) % 251))
  client.socket.end(sent)
  await once(client.socket, "close")
  expect(client.received().equals(sent)).toBe(true)
  expect([proxy.bytesUp, proxy.bytesDown]).toEqual([sent.length, sent.length])
  expect(echo.ended()).toBe(1)
  await waitFor(() => proxy.connections === 0, { what: "the proxy to forget the connection" })
})

test("a cut resets what is open and what comes, until it passes again", async () => {
  const echo = await startEcho()
  const proxy = await startToxicProxy({ target: { port: echo.port } })
  const client = await connect(proxy.port)
  client.socket.write("before")
  await waitFor(() => client.received().length === 6, { what: "the echo" })
  proxy.cut()
  await waitFor(() => client.failure() === "ECONNRESET", { what: "the reset" })
  const during = await connect(proxy.port)
  await waitFor(() => during.socket.destroyed, { what: "the reset of the new connection" })
  proxy.pass()
  const after = await connect(proxy.port)
  after.socket.write("after")
  await waitFor(() => after.received().toString() === "after", { what: "the echo after the cut" })
})

test("a stall holds bytes of open and new connections and gives them out afterwards", async () => {
  const echo = await startEcho()
  const proxy = await startToxicProxy({ target: { port: echo.port } })
  const open = await connect(proxy.port)
  proxy.stall()
  const fresh = await connect(proxy.port)
  open.socket.write("one")
  fresh.socket.write("two")
  // A connection straight to the server overtakes them: had bytes passed, they would be there by then.
  const direct = await connect(echo.port)
  direct.socket.write("three")
  await waitFor(() => direct.received().length === 5, { what: "the direct echo" })
  expect([proxy.bytesUp, proxy.bytesDown]).toEqual([0, 0])
  expect([open.failure(), fresh.failure(), proxy.connections]).toEqual([undefined, undefined, 2])
  proxy.pass()
  await waitFor(() => open.received().toString() + fresh.received().toString() === "onetwo", { what: "the held bytes" })
})

test("a connection is reset after so many bytes, exactly", async () => {
  const echo = await startEcho()
  const proxy = await startToxicProxy({ target: { port: echo.port }, toxics: { resetAfterBytesDown: 1000 } })
  const client = await connect(proxy.port)
  client.socket.write(Buffer.alloc(3000, 1))
  await waitFor(() => client.failure() === "ECONNRESET", { what: "the reset" })
  expect(proxy.bytesDown).toBe(1000)
  proxy.pass()
  proxy.setToxics({ resetAfterBytesUp: 10 })
  const second = await connect(proxy.port)
  second.socket.write(Buffer.alloc(3000, 1))
  await waitFor(() => second.socket.destroyed, { what: "the second reset" })
  expect(proxy.bytesUp).toBe(3000 + 10)
})

test("latency is added each way and keeps the order", async () => {
  const echo = await startEcho()
  const proxy = await startToxicProxy({ target: { port: echo.port }, toxics: { latencyMs: 60 } })
  const client = await connect(proxy.port)
  const startedAtMs = performance.now()
  client.socket.write("a")
  await waitFor(() => proxy.bytesUp === 1, { what: "the first byte up", everyMs: 5 })
  client.socket.write("b")
  await waitFor(() => client.received().toString() === "ab", { what: "both bytes", everyMs: 5 })
  // A lower bound only: a busy machine may take any time longer.
  expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(175)
})

test("a limit of bytes per second holds", async () => {
  const echo = await startEcho()
  const proxy = await startToxicProxy({ target: { port: echo.port }, toxics: { bytesPerSecond: 100_000 } })
  const client = await connect(proxy.port)
  const startedAtMs = performance.now()
  client.socket.write(Buffer.alloc(30_000, 1))
  await waitFor(() => client.received().length === 30_000, { what: "all bytes" })
  expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(175)
})

test("a server that is down looks down, and is found again where it comes back", async () => {
  const down = await startEcho()
  const back = await startEcho()
  let port = down.port
  const proxy = await startToxicProxy({ target: () => ({ port }) })
  port = 1
  const refused = await connect(proxy.port)
  await waitFor(() => refused.socket.destroyed, { what: "the refusal" })
  port = back.port
  const client = await connect(proxy.port)
  client.socket.write("hello")
  await waitFor(() => client.received().toString() === "hello", { what: "the echo of the server that came back" })
})

test("the clean-up closes it, and closing twice is no error", async () => {
  const echo = await startEcho()
  const proxy = await startToxicProxy({ target: { port: echo.port } })
  const client = await connect(proxy.port)
  await cleanUp()
  await proxy.close()
  await waitFor(() => client.socket.destroyed, { what: "the connection's end" })
})
