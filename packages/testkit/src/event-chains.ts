/** An event as a sink kept it. */
export interface SunkEvent {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface EventChains {
  /** What is wrong, one sentence each; empty when every chain is whole. */
  readonly problems: readonly string[]
  /** The last `after` of each record, as plain JSON, by `<collection> <id>`; deleted records are absent. */
  readonly last: ReadonlyMap<string, unknown>
  /** The highest version of each record. */
  readonly versions: ReadonlyMap<string, number>
  /** How many events came more than once. */
  readonly repeats: number
}

interface Body {
  readonly eventId: string
  readonly collection: string
  readonly record: string
  readonly version: number
  readonly op: string
  readonly before: unknown
  readonly after: unknown
}

/**
 * Checks what a log target received, knowing nothing of how it was made.
 *
 * Repeats are removed by event id, and one id must always stand before the same bytes. Then each record must have the
 * versions 1 to n without a gap, each `before` equal to the `after` before it, an operation that fits both, and
 * headers that say the same as the body. The order of arrival of first copies must be the order of versions.
 */
export function checkEventChains(events: readonly SunkEvent[]): EventChains {
  const problems: string[] = []
  const byId = new Map<string, string>()
  const chains = new Map<string, Body[]>()
  let repeats = 0
  for (const event of events) {
    const body = JSON.parse(event.body) as Body
    const known = byId.get(body.eventId)
    if (known !== undefined) {
      repeats++
      if (known !== event.body) problems.push(`event id ${body.eventId} stands before two different changes`)
      continue
    }
    byId.set(body.eventId, event.body)
    problems.push(...headerProblems(event.headers, body))
    const key = `${body.collection} ${body.record}`
    const chain = chains.get(key)
    if (chain === undefined) chains.set(key, [body])
    else chain.push(body)
  }
  const last = new Map<string, unknown>()
  const versions = new Map<string, number>()
  for (const [key, chain] of chains) {
    problems.push(...chainProblems(key, chain))
    const end = chain.at(-1)
    if (end === undefined) continue
    versions.set(key, end.version)
    if (end.after !== null) last.set(key, end.after)
  }
  return { problems, last, versions, repeats }
}

function headerProblems(headers: Readonly<Record<string, string>>, body: Body): string[] {
  const expected = {
    "millrace-event-id": body.eventId,
    "millrace-collection": body.collection,
    "millrace-record": body.record,
    "millrace-version": String(body.version),
    "millrace-op": body.op,
  }
  return Object.entries(expected)
    .filter(([name, value]) => decodeURIComponent(headers[name] ?? "") !== value)
    .map(([name, value]) => `header ${name} says "${headers[name]}" where the body says "${value}"`)
}

function chainProblems(key: string, chain: readonly Body[]): string[] {
  const problems: string[] = []
  let before: unknown = null
  chain.forEach((body, index) => {
    if (body.version !== index + 1) problems.push(`${key}: version ${body.version} where ${index + 1} was due`)
    if (JSON.stringify(body.before) !== JSON.stringify(before)) {
      problems.push(`${key} version ${body.version}: before is not the after of version ${body.version - 1}`)
    }
    if (body.op !== operationOf(body)) problems.push(`${key} version ${body.version}: "${body.op}" does not fit`)
    before = body.after
  })
  return problems
}

function operationOf(body: Body): string {
  if (body.after === null) return "delete"
  return body.before === null ? "add" : "update"
}
