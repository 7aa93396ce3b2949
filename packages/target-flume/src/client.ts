import type { Clock } from "@millrace/ports"
import {
  type Authenticator,
  basicAuthenticator,
  bearerAuthenticator,
  HttpClient,
  type HttpOutcome,
  noAuthenticator,
  type ReadSecret,
  type TlsSettings,
} from "@millrace/target"
import type { FlumeConfig } from "./config.ts"
import { flumeBatch, type FlumeEvent } from "./map.ts"

export interface FlumePorts {
  readonly clock: Clock
  /** Needed where the configuration names secrets. */
  readonly readSecret?: ReadSecret
}

// Any other content type, or none, is read as Latin-1 by the agent and stored wrongly with status 200.
const headers = { "content-type": "application/json; charset=utf-8", accept: "*/*" }

/** The requests that an HTTP source understands. */
export class FlumeClient {
  readonly #http: HttpClient

  constructor(config: FlumeConfig, ports: FlumePorts) {
    this.#http = new HttpClient({
      urls: config.urls.map((url) => new URL(url)),
      clock: ports.clock,
      timeoutMs: config.timeoutMs,
      // The agent closes a connection after 30 s of silence.
      idleTimeoutMs: 20_000,
      maxResponseBytes: 64_000,
      // One agent's channel is full: another's may not be.
      failoverStatuses: config.urls.length > 1 ? [503] : [],
      authenticator: authenticatorOf(config, ports),
      tls: tlsOf(config, ports),
    })
  }

  /** Sends a batch; an empty one only asks whether the source answers. */
  post(events: readonly FlumeEvent[], signal: AbortSignal): Promise<HttpOutcome> {
    return this.#http.request({ method: "POST", headers, body: flumeBatch(events), signal })
  }

  close(): Promise<void> {
    return this.#http.close()
  }
}

function authenticatorOf(config: FlumeConfig, ports: FlumePorts): Authenticator {
  const { auth } = config
  switch (auth.kind) {
    case "none":
      return noAuthenticator
    case "basic":
      return basicAuthenticator(auth.user, () => reader(ports)(auth.password))
    case "bearer":
      return bearerAuthenticator(() => reader(ports)(auth.token))
  }
}

function tlsOf(config: FlumeConfig, ports: FlumePorts): TlsSettings {
  const { keyPassphrase, ...files } = config.tls
  return keyPassphrase === undefined ? files : { ...files, keyPassphrase: () => reader(ports)(keyPassphrase) }
}

function reader(ports: FlumePorts): ReadSecret {
  if (ports.readSecret === undefined) throw new Error("this process was given no way to read secrets")
  return ports.readSecret
}
