import type { Tabs } from "@millrace/indexeddb"
import { processTabs } from "@millrace/indexeddb"
import { type Clock, systemClock } from "@millrace/ports"
import { WebSocket } from "ws"
import type { SocketConstructor } from "../src/options.ts"

/** A tab that can be killed, frozen and thawed: nothing reaches it, by channel, lock, timer or socket, while it is not running. */
export interface SimTab {
  readonly tabs: Tabs
  readonly clock: Clock
  readonly WebSocket: SocketConstructor
  readonly state: "running" | "frozen" | "killed"
  /** Its locks are free, its sockets cut. */
  kill(): void
  /** Its locks stay its own, its sockets open; what comes for it waits. */
  freeze(): void
  thaw(): void
}

export interface TabWorld {
  tab(): SimTab
  /** Sockets open now. */
  readonly sockets: number
  /** Bytes and frames are what they are; this counts connections ever made. */
  readonly dialled: number
}

/** A browser's tabs in one process, whose clocks run `speed` times as fast as ours. */
export function tabWorld(speed: number): TabWorld {
  const browser = {}
  const open = new Set<WebSocket>()
  let dialled = 0

  const tab = (): SimTab => {
    let state: SimTab["state"] = "running"
    let inbox: (() => void)[] = []
    const ends: (() => void)[] = []
    const gate = (task: () => void): void => {
      if (state === "running") task()
      else if (state === "frozen") inbox.push(task)
    }
    const clock: Clock = {
      nowMs: () => systemClock.nowMs() * speed,
      after: (delayMs, task) => systemClock.after(delayMs / speed, () => gate(task)),
    }
    const own = processTabs(browser)
    const tabs: Tabs = {
      lead: (name, signal, work, how) =>
        own
          .lead(
            name,
            signal,
            () =>
              new Promise<void>((resolve, reject) => {
                ends.push(resolve)
                if (state === "killed") resolve()
                else gate(() => void work().then(resolve, reject))
              }),
            how,
          )
          .then(
            () => new Promise<void>((resolve) => gate(resolve)),
            (thrown: unknown) => new Promise<void>((_, reject) => gate(() => reject(thrown))),
          ),
      channel: (name, onMessage) => {
        const channel = own.channel(name, (message) => gate(() => onMessage(structuredClone(message))))
        ends.push(() => channel.close())
        return { post: (message) => gate(() => channel.post(structuredClone(message))), close: () => channel.close() }
      },
    }
    class TabSocket extends WebSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols)
        const cut = (): void => {
          this.removeAllListeners()
          this.on("error", () => {})
          open.delete(this)
          this.terminate()
        }
        // What a killed tab had begun still runs here.
        if (state === "killed") cut()
        else {
          dialled += 1
          open.add(this)
          this.on("close", () => open.delete(this))
          ends.push(cut)
        }
      }
      override emit(name: string | symbol, ...args: unknown[]): boolean {
        gate(() => void super.emit(name, ...(args as [])))
        return true
      }
    }
    return {
      tabs,
      clock,
      WebSocket: TabSocket,
      get state() {
        return state
      },
      kill: () => {
        state = "killed"
        inbox = []
        for (const end of ends) end()
      },
      freeze: () => {
        if (state === "running") state = "frozen"
      },
      thaw: () => {
        if (state !== "frozen") return
        state = "running"
        const waited = inbox
        inbox = []
        for (const task of waited) task()
      },
    }
  }
  return {
    tab,
    get sockets() {
      return open.size
    },
    get dialled() {
      return dialled
    },
  }
}
