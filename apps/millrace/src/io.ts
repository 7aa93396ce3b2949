import type { Clock, Random } from "@millrace/ports"
import type { Environment } from "@millrace/config"

/** Everything that a command takes from its process, so that tests can run it in theirs. */
export interface Io {
  /** The command's own result. */
  readonly out: (text: string) => void
  /** Progress and errors, for people. */
  readonly err: (text: string) => void
  readonly environment: Environment
  readonly fetch: typeof globalThis.fetch
  readonly clock: Clock
  readonly random: Random
  /** Calls `stop` once at the first SIGINT or SIGTERM; the returned function takes it back. */
  readonly onStop: (stop: () => void) => () => void
}
