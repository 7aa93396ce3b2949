import { percentile } from "../../stats.ts"
import { type Metrics, paced, settled, type Stage } from "../stage.ts"
import { encodePresence, readPresences } from "../wire/presence.ts"
import type { WireClient } from "../wire/wire-client.ts"

export interface PresenceSettings {
  readonly users: number
  /** Of all users together. */
  readonly changesPerSecond: number
  readonly warmUpMs: number
  readonly measuredMs: number
  /** Whether users repeat to the server what they hear, as stock clients of the y-websocket protocol do. */
  readonly repeat: boolean
}

const firstClient = 3_000_000
const room = "presence"

/**
 * Users move their cursors, each change is to reach every other user. A change that a later one of the same user overtook on
 * its way counts as delivered with it.
 */
export async function presence(stage: Stage, settings: PresenceSettings): Promise<Metrics> {
  const { users, changesPerSecond } = settings
  const { others } = stage.server
  const warmUps = Math.ceil((settings.warmUpMs * changesPerSecond) / 1000)
  const total = warmUps + Math.ceil((settings.measuredMs * changesPerSecond) / 1000)
  const sentAtMs = new Float64Array(total)
  const latenciesMs: number[] = []
  let delivered = 0
  const repeats = settings.repeat && others.kind === "plain"
  const clients: WireClient[] = []

  const listener = (own: number): { awareness(payload: Uint8Array): void } => {
    const known = new Map<number, number>()
    return {
      awareness: (payload) => {
        const nowMs = performance.now()
        let news = false
        readPresences(payload, (client, clock) => {
          if (client === firstClient + own) return
          const user = client - firstClient
          const before = known.get(client) ?? 0
          for (let next = before + 1; next <= clock; next++) {
            const index = (next - 1) * users + user
            delivered += 1
            if (index >= warmUps) latenciesMs.push(nowMs - (sentAtMs[index] ?? Number.NaN))
          }
          if (clock <= before) return
          known.set(client, clock)
          news = true
        })
        if (news && repeats) clients[own]?.sendAwareness(payload)
      },
    }
  }
  const opened = await stage.openMany(
    users,
    () => others,
    () => room,
    (index) => listener(index),
  )
  clients.push(...opened)

  let cpuBeforeMs = stage.cpuMs
  let startedAtMs = performance.now()
  await paced(total, changesPerSecond, (index) => {
    if (index === warmUps) {
      cpuBeforeMs = stage.cpuMs
      startedAtMs = performance.now()
    }
    const user = index % users
    const clock = Math.floor(index / users) + 1
    const state = `{"user":{"name":"user ${user}","color":"#30bced"},"cursor":{"record":"table-${index % 97}","field":"comment"}}`
    sentAtMs[index] = performance.now()
    clients[user]?.sendAwareness(encodePresence(firstClient + user, clock, state))
  })
  await settled(
    () => delivered,
    () => delivered >= total * (users - 1),
  )
  const seconds = (performance.now() - startedAtMs) / 1000
  const usedMs = stage.cpuMs - cpuBeforeMs
  await Promise.all(clients.map((client) => client.close()))
  return {
    p50Ms: percentile(latenciesMs, 0.5),
    p99Ms: percentile(latenciesMs, 0.99),
    cpuPercent: usedMs / seconds / 10,
    cpuMsPerChange: usedMs / Math.max(1, total - warmUps),
    undelivered: total * (users - 1) - delivered,
  }
}
