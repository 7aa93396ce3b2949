import { Buffer } from "node:buffer"
import type { Clock } from "@millrace/ports"
import {
  type Authenticator,
  basicAuthenticator,
  bearerAuthenticator,
  HttpClient,
  type HttpOutcome,
  noAuthenticator,
  type Query,
  type ReadSecret,
  type TlsSettings,
} from "@millrace/target"
import { classifyAtlas, parsed, refusal } from "./classify.ts"
import type { AtlasConfig } from "./config.ts"
import { type AtlasEntity, entityOf, listOf, objectOf, textOf } from "./entity.ts"
import { Refused } from "./refused.ts"

export interface AtlasPorts {
  readonly clock: Clock
  /** Needed where the configuration names secrets. */
  readonly readSecret?: ReadSecret
}

export interface Ask {
  readonly signal: AbortSignal
  /** Records that the request is about; default 1. */
  readonly records?: number
}

const headers = { "content-type": "application/json; charset=utf-8", accept: "application/json" }

/** Room for names in one URL: Jetty's header buffer holds 8 kB. */
const maxQueryChars = 5500
const maxGuidsPerRead = 100

/** The requests of Atlas's REST API that are needed. Each throws `Refused` for whatever is not success. */
export class AtlasClient {
  readonly #http: HttpClient
  readonly #clock: Clock
  #unexplainedInARow = 0

  constructor(config: AtlasConfig, ports: AtlasPorts) {
    this.#clock = ports.clock
    this.#http = new HttpClient({
      urls: config.urls.map((url) => new URL(url)),
      clock: ports.clock,
      timeoutMs: config.timeoutMs,
      maxResponseBytes: 64_000_000,
      // A standby of an Atlas pair redirects or says 503.
      failoverStatuses: config.urls.length > 1 ? [302, 303, 307, 503] : [],
      authenticator: authenticatorOf(config, ports),
      tls: tlsOf(config, ports),
    })
  }

  /** Sends a request under `/api/atlas/` and gives the parsed body. */
  async send(
    method: "GET" | "POST" | "PUT" | "DELETE",
    path: string,
    ask: Ask,
    body?: unknown,
    query?: Query,
  ): Promise<unknown> {
    const outcome = await this.ask(method, path, ask, body, query)
    const verdict = classifyAtlas(outcome, {
      records: ask.records ?? 1,
      unexplainedInARow: this.#count(outcome),
      nowMs: this.#clock.nowMs(),
    })
    if (verdict.outcome === "failed") {
      throw new Refused(verdict, outcome.type === "unknown" || (outcome.type === "answer" && outcome.status >= 500))
    }
    if (outcome.type !== "answer" || outcome.body === "") return undefined
    const answered = outcome.truncated ? undefined : parsed(outcome.body)
    if (answered !== undefined) return answered
    // Half an answer must not pass for a short one: what is missing in it would count as deleted.
    throw new Refused(refusal("retry", `${outcome.host} answered ${outcome.status}, but its answer broke off`))
  }

  ask(
    method: "GET" | "POST" | "PUT" | "DELETE",
    path: string,
    ask: Ask,
    body?: unknown,
    query?: Query,
  ): Promise<HttpOutcome> {
    return this.#http.request({
      method,
      path: ["api", "atlas", ...path.split("/")],
      headers,
      ...(query === undefined ? {} : { query }),
      ...(body === undefined ? {} : { body: Buffer.from(JSON.stringify(body), "utf8") }),
      // A creation that is sent twice at once makes two entities.
      repeatable: method === "GET",
      signal: ask.signal,
    })
  }

  /** The living entities of a type, or of what derives from it, with these qualified names; those missing are left out. */
  async named(
    typeName: string,
    names: readonly string[],
    ask: Ask,
    relations = false,
  ): Promise<readonly AtlasEntity[]> {
    const found: AtlasEntity[] = []
    for (const part of cut(names, (name) => encodeURIComponent(name).length + 30, maxQueryChars)) {
      const attributes = Object.fromEntries(part.map((name, at) => [`attr_${at}:qualifiedName`, name]))
      const path = `v2/entity/bulk/uniqueAttribute/type/${typeName}`
      found.push(...entitiesIn(await this.send("GET", path, ask, undefined, { ...brief(relations), ...attributes })))
    }
    return found
  }

  /**
   * Entities by guid, deleted ones too. One that does not exist makes the whole call fail.
   *
   * With relations, ask for entities that do not refer to each other: what is referred to comes in short, even where it
   * was asked for itself.
   */
  async byGuid(guids: readonly string[], ask: Ask, relations = false): Promise<readonly AtlasEntity[]> {
    const found: AtlasEntity[] = []
    for (let at = 0; at < guids.length; at += maxGuidsPerRead) {
      const part = guids.slice(at, at + maxGuidsPerRead)
      found.push(
        ...entitiesIn(await this.send("GET", "v2/entity/bulk", ask, undefined, { ...brief(relations), guid: part })),
      )
    }
    return found
  }

  /** What the last change of an entity said, as Atlas's audit keeps it; empty where it keeps none. */
  async lastChange(guid: string, ask: Ask): Promise<string> {
    const events = listOf(await this.send("GET", `v2/entity/${guid}/audit`, ask, undefined, { count: 1 }))
    return textOf(objectOf(events[0])["details"])
  }

  close(): Promise<void> {
    return this.#http.close()
  }

  #count(outcome: HttpOutcome): number {
    const unexplained = outcome.type === "answer" && outcome.status === 500
    this.#unexplainedInARow = unexplained ? this.#unexplainedInARow + 1 : 0
    return this.#unexplainedInARow
  }
}

function brief(relations: boolean): Readonly<Record<string, string>> {
  return { minExtInfo: "true", ignoreRelationships: String(!relations) }
}

function entitiesIn(body: unknown): readonly AtlasEntity[] {
  return listOf(objectOf(body)["entities"])
    .map(entityOf)
    .filter((entity) => entity !== undefined)
}

/** Cuts into runs whose sizes add up to at most `max`, each of one at least. */
export function cut<T>(items: readonly T[], sizeOf: (item: T) => number, max: number): readonly (readonly T[])[] {
  const parts: T[][] = []
  let size = Infinity
  for (const item of items) {
    if (size + sizeOf(item) > max) {
      parts.push([])
      size = 0
    }
    size += sizeOf(item)
    parts.at(-1)?.push(item)
  }
  return parts
}

function authenticatorOf(config: AtlasConfig, ports: AtlasPorts): Authenticator {
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

function tlsOf(config: AtlasConfig, ports: AtlasPorts): TlsSettings {
  const { keyPassphrase, ...files } = config.tls
  return keyPassphrase === undefined ? files : { ...files, keyPassphrase: () => reader(ports)(keyPassphrase) }
}

function reader(ports: AtlasPorts): ReadSecret {
  if (ports.readSecret === undefined) throw new Error("this process was given no way to read secrets")
  return ports.readSecret
}
