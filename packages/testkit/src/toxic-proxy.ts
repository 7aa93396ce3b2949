import { type AddressInfo, createConnection, createServer, type Server, type Socket } from "node:net"
import { atEndOfTests } from "./cleanup.ts"
import { Lane, type LaneRules } from "./toxic-lane.ts"

/** What a proxy does to bytes; every field left out does nothing. */
export interface Toxics {
  /** Added to every chunk, each way. Order is kept. */
  readonly latencyMs?: number
  /** Each way and for each connection. */
  readonly bytesPerSecond?: number
  /** A connection is reset once this many bytes went from client to server since it was opened. */
  readonly resetAfterBytesUp?: number
  /** The same from server to client. */
  readonly resetAfterBytesDown?: number
}

export interface ToxicProxyOptions {
  /** Where the real server listens; a function is asked for each connection, for servers that come back elsewhere. */
  readonly target: ProxyTarget | (() => ProxyTarget)
  readonly toxics?: Toxics
}

export interface ProxyTarget {
  readonly host?: string
  readonly port: number
}

export interface ToxicProxy {
  readonly host: "127.0.0.1"
  readonly port: number
  /** Lets everything through as it is: ends cut, stall and toxics. Connections that were cut stay cut. */
  pass(): void
  /** Resets every connection and each new one at once, until pass(): the cable is out, and both sides know. */
  cut(): void
  /** Holds every byte, connections stay open, until pass(): the cable is out, and nobody knows. */
  stall(): void
  /** Resets the connections there are; new ones pass. */
  resetAll(): void
  /** Replaces the toxics, for connections there are and for new ones. */
  setToxics(toxics: Toxics): void
  /** Open connections. */
  readonly connections: number
  /** Bytes that went through since the start. */
  readonly bytesUp: number
  readonly bytesDown: number
  /** Idempotent; also done at the end of the test file. */
  close(): Promise<void>
}

type Mode = "passing" | "cut" | "stalled"

/** A TCP proxy on a free port of 127.0.0.1 that does to connections what networks do. */
export async function startToxicProxy(options: ToxicProxyOptions): Promise<ToxicProxy> {
  const proxy = new TcpProxy(options)
  await proxy.listen()
  return proxy
}

interface Link {
  readonly client: Socket
  readonly server: Socket
  readonly lanes: readonly Lane[]
}

class TcpProxy implements ToxicProxy {
  readonly host = "127.0.0.1"
  readonly #target: () => ProxyTarget
  readonly #listener: Server
  readonly #links = new Set<Link>()
  #toxics: Toxics
  #mode: Mode = "passing"
  #bytesUp = 0
  #bytesDown = 0
  #closed: Promise<void> | undefined
  #forget: () => void = () => {}

  constructor(options: ToxicProxyOptions) {
    const { target } = options
    this.#target = typeof target === "function" ? target : () => target
    this.#toxics = options.toxics ?? {}
    this.#listener = createServer({ allowHalfOpen: true }, (client) => this.#accept(client))
  }

  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#listener.once("error", reject)
      this.#listener.listen(0, this.host, () => {
        this.#forget = atEndOfTests(() => this.close())
        resolve()
      })
    })
  }

  get port(): number {
    return (this.#listener.address() as AddressInfo | null)?.port ?? 0
  }

  get connections(): number {
    return this.#links.size
  }

  get bytesUp(): number {
    return this.#bytesUp
  }

  get bytesDown(): number {
    return this.#bytesDown
  }

  pass(): void {
    this.#mode = "passing"
    this.setToxics({})
  }

  cut(): void {
    this.#mode = "cut"
    this.resetAll()
  }

  stall(): void {
    this.#mode = "stalled"
    this.#apply()
  }

  resetAll(): void {
    for (const link of this.#links) reset(link)
  }

  setToxics(toxics: Toxics): void {
    this.#toxics = toxics
    this.#apply()
  }

  close(): Promise<void> {
    this.#forget()
    this.#closed ??= new Promise((resolve) => {
      this.#listener.close(() => resolve())
      this.resetAll()
    })
    return this.#closed
  }

  #accept(client: Socket): void {
    client.on("error", () => {})
    if (this.#mode === "cut") {
      client.resetAndDestroy()
      return
    }
    const { host = "127.0.0.1", port } = this.#target()
    const server = createConnection({ host, port, allowHalfOpen: true })
    for (const socket of [client, server]) socket.setNoDelay(true)
    const onReset = (): void => reset(link)
    const link: Link = {
      client,
      server,
      lanes: [
        new Lane({ from: client, to: server, onBytes: (count) => (this.#bytesUp += count), onReset }),
        new Lane({ from: server, to: client, onBytes: (count) => (this.#bytesDown += count), onReset }),
      ],
    }
    this.#links.add(link)
    // A server that is down, or that goes down hard, looks to the client as it is.
    server.on("error", onReset)
    client.on("error", onReset)
    let open = 2
    for (const socket of [client, server]) {
      socket.once("close", () => {
        open -= 1
        if (open === 0) this.#links.delete(link)
      })
    }
    this.#steer(link)
  }

  #apply(): void {
    for (const link of this.#links) this.#steer(link)
  }

  #steer(link: Link): void {
    const { latencyMs = 0, bytesPerSecond = Infinity, resetAfterBytesUp, resetAfterBytesDown } = this.#toxics
    const common = { latencyMs, bytesPerSecond, held: this.#mode === "stalled" }
    const rules: readonly LaneRules[] = [
      { ...common, resetAfterBytes: resetAfterBytesUp ?? Infinity },
      { ...common, resetAfterBytes: resetAfterBytesDown ?? Infinity },
    ]
    link.lanes.forEach((lane, index) => lane.steer(rules[index] as LaneRules))
  }
}

function reset(link: Link): void {
  for (const lane of link.lanes) lane.stop()
  for (const socket of [link.client, link.server]) if (!socket.destroyed) socket.resetAndDestroy()
}
