import type { Look, Operation } from "./operations.ts"

/** Where a client finds its workspace: `server` is `host:port`. */
export interface Address {
  readonly server: string
  readonly workspace: string
  readonly token: string
}

/** A stock client of some stack, connected for as long as it lives. */
export interface StackClient {
  readonly name: string
  edit(operations: readonly Operation[]): Promise<void>
  look(): Promise<Look>
  /** Ends it and what belongs to it. Idempotent. */
  close(): Promise<void>
}

/** Makes a client of one stack; `clientId` where the stack lets one choose, else the stack draws it. */
export interface Stack {
  readonly name: string
  open(address: Address, clientId: number | undefined): Promise<StackClient>
}
