/** Metrics in Prometheus' text format, version 0.0.4. Label values here are fixed words, never names that users choose. */
export interface Metric {
  readonly name: string
  readonly help: string
  lines(): readonly string[]
}

/** The whole page. */
export function formatMetrics(metrics: readonly Metric[]): string {
  return metrics.map((one) => `${[`# HELP ${one.name} ${one.help}`, ...one.lines()].join("\n")}\n`).join("")
}

/** Only grows. */
export class Counter implements Metric {
  readonly name: string
  readonly help: string
  #value = 0

  constructor(name: string, help: string) {
    this.name = name
    this.help = help
  }

  add(amount = 1): void {
    this.#value += amount
  }

  lines(): readonly string[] {
    return [`# TYPE ${this.name} counter`, `${this.name} ${this.#value}`]
  }
}

/** A counter for each value of one label; the values come from a closed union. */
export class LabelledCounter<Label extends string> implements Metric {
  readonly name: string
  readonly help: string
  readonly #label: string
  readonly #values = new Map<Label, number>()

  constructor(name: string, help: string, label: string) {
    this.name = name
    this.help = help
    this.#label = label
  }

  add(value: Label): void {
    this.#values.set(value, (this.#values.get(value) ?? 0) + 1)
  }

  lines(): readonly string[] {
    return [
      `# TYPE ${this.name} counter`,
      ...[...this.#values].map(([value, count]) => `${this.name}{${this.#label}="${value}"} ${count}`),
    ]
  }
}

/** Read when the page is written. */
export class Gauge implements Metric {
  readonly name: string
  readonly help: string
  readonly #read: () => number

  constructor(name: string, help: string, read: () => number) {
    this.name = name
    this.help = help
    this.#read = read
  }

  lines(): readonly string[] {
    return [`# TYPE ${this.name} gauge`, `${this.name} ${this.#read()}`]
  }
}

/** Counts of observations up to each bound, their sum and count. */
export class Histogram implements Metric {
  readonly name: string
  readonly help: string
  readonly #bounds: readonly number[]
  readonly #counts: number[]
  #sum = 0
  #count = 0

  constructor(name: string, help: string, bounds: readonly number[]) {
    this.name = name
    this.help = help
    this.#bounds = bounds
    this.#counts = bounds.map(() => 0)
  }

  observe(value: number): void {
    this.#sum += value
    this.#count += 1
    const at = this.#bounds.findIndex((bound) => value <= bound)
    if (at !== -1) this.#counts[at] = (this.#counts[at] ?? 0) + 1
  }

  lines(): readonly string[] {
    let below = 0
    const buckets = this.#bounds.map((bound, at) => {
      below += this.#counts[at] ?? 0
      return `${this.name}_bucket{le="${bound}"} ${below}`
    })
    return [
      `# TYPE ${this.name} histogram`,
      ...buckets,
      `${this.name}_bucket{le="+Inf"} ${this.#count}`,
      `${this.name}_sum ${this.#sum}`,
      `${this.name}_count ${this.#count}`,
    ]
  }
}
