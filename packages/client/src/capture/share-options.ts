import type { Capture } from "@millrace/indexeddb"
import type { Schema } from "@millrace/model"
import type { Workspace } from "../api.ts"

/** What became of rows that no promise tells. */
export type ShareEvent =
  /** How far the first taking in of a store is. */
  | { readonly kind: "progress"; readonly store: string; readonly done: number; readonly total: number }
  /** The content of a field stays in this browser; others see what it is. */
  | {
      readonly kind: "kept"
      readonly store: string
      readonly key: IDBValidKey
      readonly field: string
      readonly type: string
    }
  /** The schema does not allow it: the row keeps it, the workspace does not get it. */
  | {
      readonly kind: "refused"
      readonly store: string
      readonly key: IDBValidKey
      readonly field: string
      readonly cause: unknown
    }
  /** Deleted here, but somebody had changed it unseen: it comes back. Or edited here and deleted elsewhere: it stays. */
  | { readonly kind: "revived"; readonly store: string; readonly key: IDBValidKey }
  /** At the first taking in, the workspace had other values of these fields; they are in the row now, `row` is what was there. */
  | {
      readonly kind: "differed"
      readonly store: string
      readonly key: IDBValidKey
      readonly fields: readonly string[]
      readonly row: unknown
    }
  /** At the first taking in, the generated key was another row's: the row moved. */
  | { readonly kind: "moved"; readonly store: string; readonly from: IDBValidKey; readonly to: IDBValidKey }
  /** The application's store refuses what others wrote, by an index that says `unique` for instance. */
  | { readonly kind: "unwritable"; readonly store: string; readonly key: IDBValidKey; readonly cause: unknown }
  /** Something failed that is tried again. */
  | { readonly kind: "fault"; readonly cause: unknown }

export interface ShareOptions<S extends Schema = Schema> {
  readonly capture: Capture
  readonly workspace: Workspace<S>
  /** The application's database. */
  readonly database: string
  /** Stores that are shared, with the collections that they become; left out: all, under their own names. */
  readonly stores?: Readonly<Record<string, string>>
  /**
   * What writes of the application's upgrades are: `unless-edited` (default), for every browser runs the same upgrade, so that one never beats what
   * a person wrote since; or `edits`, as any other.
   */
  readonly upgrades?: "unless-edited" | "edits"
  readonly onEvent?: (event: ShareEvent) => void
}

/** A database of the application that is one with a workspace. */
export interface SharedDatabase {
  /** Whether this tab is the one that carries rows to and fro. */
  readonly leads: boolean
  /** Resolves when all that is marked is in the workspace, and all of the workspace in the rows; only where this tab leads, else at once. */
  settled(): Promise<void>
  /**
   * Looks through all rows for what was written without marks, by workers, old tabs or developer tools, and takes it as edits. Returns how many
   * rows differed; only where this tab leads, else 0.
   */
  compare(): Promise<number>
  /** Stops carrying; idempotent. Rows, marks and workspace stay as they are. */
  close(): Promise<void>
}
