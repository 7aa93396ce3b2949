import { systemClock } from "@millrace/ports"
import type { Held, Subject } from "@millrace/target/suite"
import { type ScriptedAnswer, type ScriptedServer, startScriptedServer, type SunkEvent } from "@millrace/testkit"
import { createFlumeTarget, flumeConfig } from "../src/index.ts"

export interface FakeFlume {
  readonly server: ScriptedServer
  /** Committed to the channel, in order. */
  readonly events: SunkEvent[]
}

export interface FakeFlumeOptions {
  readonly transactionCapacity?: number
  /** Batches with an event for which this is true are answered 400. */
  readonly refuses?: (event: SunkEvent) => boolean
}

/** As much of Flume's HTTP source as its answers: all of a batch or nothing, one transaction a request. */
export async function startFakeFlume(options: FakeFlumeOptions = {}): Promise<FakeFlume> {
  const events: SunkEvent[] = []
  const capacity = options.transactionCapacity ?? 10_000
  const server = await startScriptedServer((request) => {
    const batch = JSON.parse(request.body.toString("utf8")) as SunkEvent[]
    if (options.refuses !== undefined && batch.some(options.refuses)) return page(400, "Bad request from client.")
    if (batch.length > capacity) {
      return page(
        503,
        `Error appending event to channel. Put queue for FileBackedTransaction of capacity ${capacity} full`,
      )
    }
    events.push(...batch)
    return { status: 200 }
  })
  return { server, events }
}

export function page(status: number, reason: string): ScriptedAnswer {
  return { status, body: `<html>\n<head>\n<title>Error ${status} ${reason}</title>\n</head></html>` }
}

export function heldOf(events: readonly SunkEvent[]): readonly Held[] {
  return events.map((event) => {
    const body = JSON.parse(event.body) as Held & { readonly record: string; readonly after: unknown }
    const { eventId, collection, record, version } = body
    return { eventId, collection, id: record, version, after: body.after === null ? null : JSON.stringify(body.after) }
  })
}

/** The id by which the fake refuses a batch. */
export const poisonedId = "poisoned"

export async function fakeSubject(options: { readonly timeoutMs?: number }): Promise<Subject> {
  const { server, events } = await startFakeFlume({
    refuses: (event) => decodeURIComponent(event.headers["millrace-record"] ?? "") === poisonedId,
  })
  const config = flumeConfig({ kind: "flume", url: server.url, ...options }, "targets.fake")
  return {
    target: createFlumeTarget("fake", config, { clock: systemClock }),
    held: () => Promise.resolve(heldOf(events)),
    die: () => server.kill(),
    revive: () => server.revive(),
    http: {
      refuseNext: (answer) => server.script({ answer }),
      hangNextAfterApply: () => server.script({ hang: "after" }),
      dropNextAfterApply: () => server.script({ drop: "after" }),
      delayNext: (delayMs) => server.script({ delayMs }),
    },
    dispose: () => server.stop(),
  }
}
