import { randomUUID } from "node:crypto"
import { Buffer } from "node:buffer"
import type { Clock } from "@millrace/ports"
import { type HdfsResult, hdfsRefusal, WebHdfsClient } from "@millrace/target/webhdfs"
import type { LandingPlace } from "./config.ts"
import { type Depot, type DepotEntry, DepotError } from "./depot.ts"

/** Landed files on HDFS. */
export class HdfsDepot implements Depot {
  readonly #client: WebHdfsClient
  readonly #folder: readonly string[]

  constructor(place: LandingPlace & { readonly kind: "hdfs" }, clock: Clock, timeoutMs: number) {
    this.#folder = place.folder.split("/").filter((part) => part !== "")
    this.#client = new WebHdfsClient({
      urls: place.urls.map((url) => new URL(url)),
      user: place.user,
      clock,
      timeoutMs,
      maxReadBytes: 64_000_000,
    })
  }

  async list(folder: readonly string[], signal: AbortSignal): Promise<readonly DepotEntry[]> {
    const listed = await this.#client.list([...this.#folder, ...folder], { signal })
    return !listed.done && listed.fault === "absent" ? [] : valueOf(listed)
  }

  async read(path: readonly string[], signal: AbortSignal): Promise<string | undefined> {
    const text = await this.#client.read([...this.#folder, ...path], { signal })
    return !text.done && text.fault === "absent" ? undefined : valueOf(text)
  }

  async write(path: readonly string[], text: string, signal: AbortSignal): Promise<void> {
    const folder = [...this.#folder, ...path.slice(0, -1)]
    const draft = [...folder, `.writing-${randomUUID()}`]
    valueOf(await this.#client.makeFolder(folder, { permission: "755", signal }))
    valueOf(await this.#client.write(draft, Buffer.from(text, "utf8"), { permission: "644", signal }))
    valueOf(await this.#client.replace(draft, [...this.#folder, ...path], { signal }))
  }

  async remove(path: readonly string[], signal: AbortSignal): Promise<void> {
    valueOf(await this.#client.remove([...this.#folder, ...path], { signal }))
  }

  nameOf(path: readonly string[]): string {
    return `/${[...this.#folder, ...path].join("/")}`
  }

  close(): Promise<void> {
    return this.#client.close()
  }
}

function valueOf<T>(result: HdfsResult<T>): T {
  if (result.done) return result.value
  const refusal = hdfsRefusal(result)
  // No name here is a record's doing: what is missing or in the way is mended by an operator.
  throw new DepotError(refusal.kind === "auth" ? refusal : { ...refusal, kind: "retry" })
}
