import type { Clock } from "@millrace/ports"

/**
 * The hosts of a target in order of preference, and which of them failed lately.
 *
 * A host that failed is tried after the others until its rest is over; then the preferred one is used again.
 */
export class Hosts {
  readonly #clock: Clock
  readonly #restMs: number
  readonly #all: readonly { readonly url: URL; restsUntilMs: number }[]

  constructor(urls: readonly URL[], clock: Clock, restMs: number) {
    this.#clock = clock
    this.#restMs = restMs
    this.#all = urls.map((url) => ({ url, restsUntilMs: 0 }))
  }

  /** Every host once, the best to try first: rested in order of preference, then those whose rest ends soonest. */
  order(): readonly URL[] {
    const nowMs = this.#clock.nowMs()
    const rested = this.#all.filter((host) => host.restsUntilMs <= nowMs)
    const resting = this.#all.filter((host) => host.restsUntilMs > nowMs)
    return [...rested, ...resting.sort((a, b) => a.restsUntilMs - b.restsUntilMs)].map((host) => host.url)
  }

  failed(url: URL): void {
    for (const host of this.#all) if (host.url === url) host.restsUntilMs = this.#clock.nowMs() + this.#restMs
  }

  worked(url: URL): void {
    for (const host of this.#all) if (host.url === url) host.restsUntilMs = 0
  }
}
