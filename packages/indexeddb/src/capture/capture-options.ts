import type { Clock, Random } from "@millrace/ports"
import type { Tabs } from "../mirror/tabs.ts"
import type { IndexedDBRealm } from "./natives.ts"

/** What happened to a captured database that no promise tells. */
export type CaptureEvent =
  /** It has no journals yet: writes are marked from the application's next upgrade on. */
  | { readonly kind: "waiting"; readonly database: string }
  /** Marks, or images, found no room; deleting still works, and stores are looked through afterwards. */
  | { readonly kind: "room"; readonly database: string; readonly room: "tight" | "full" | "roomy" }
  /** Something failed that is tried again. */
  | { readonly kind: "fault"; readonly database: string; readonly cause: unknown }

export interface CaptureOptions {
  /** Databases whose writes are marked: their names, or who tells. */
  readonly databases: readonly string[] | ((name: string) => boolean)
  /**
   * Rows as they were before they were written are kept with the marks: default true. Without them merges know less of what a
   * person saw, and `changes` has no `before`.
   */
  readonly images?: boolean
  readonly onEvent?: (event: CaptureEvent) => void
  /** Left out: the page's, or the worker's. */
  readonly indexedDB?: IDBFactory
  readonly realm?: IndexedDBRealm
  /** Left out: this browser's tabs, or this process alone where there are none. */
  readonly tabs?: Tabs
  readonly clock?: Clock
  readonly random?: Random
}
