import { MillraceError } from "@millrace/ports"
import { browserTabs } from "@millrace/indexeddb"
import type { SocketConstructor, WorkspaceOptions } from "./options.ts"
import type { Marks, Platform } from "./platform.ts"

interface BrowserHost {
  readonly WebSocket?: SocketConstructor
  readonly indexedDB?: IDBFactory
  addEventListener?(type: "online", listener: () => void): void
  removeEventListener?(type: "online", listener: () => void): void
}

/** Undefined where the browser denies it: blocked site data, sandboxed frames. */
function databasesOf(host: BrowserHost): IDBFactory | undefined {
  try {
    return host.indexedDB
  } catch {
    return undefined
  }
}

const browserMarks: Marks = {
  get: (name) => {
    try {
      return globalThis.localStorage.getItem(name) ?? undefined
    } catch {
      return undefined
    }
  },
  set: (name, value) => {
    try {
      if (value === undefined) globalThis.localStorage.removeItem(name)
      else globalThis.localStorage.setItem(name, value)
    } catch {
      // Without it an emptied browser is taken for a new one.
    }
  },
}

type Parts = Pick<WorkspaceOptions<never>, "WebSocket" | "indexedDB">

/** What the options leave out is taken from the page. */
export function browserPlatform(options: Parts): Platform {
  const host = globalThis as unknown as BrowserHost
  const WebSocket = options.WebSocket ?? host.WebSocket
  if (WebSocket === undefined) {
    throw new MillraceError("There is no WebSocket here: pass one, or import @millrace/client/node.", {
      kind: "unsupported",
    })
  }
  return {
    WebSocket,
    indexedDB: options.indexedDB === null ? undefined : (options.indexedDB ?? databasesOf(host)),
    marks: options.indexedDB === undefined ? browserMarks : undefined,
    tabs: browserTabs(),
    tidy: () => {},
    onWake: (wake) => {
      host.addEventListener?.("online", wake)
      return () => host.removeEventListener?.("online", wake)
    },
  }
}
