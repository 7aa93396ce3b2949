/** Named values of a log line. Never put a token, a secret or a record's content here. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>

/** Structured log as a port; `event` is a fixed short phrase, what varies goes into `fields`. */
export interface Log {
  debug(event: string, fields?: LogFields): void
  info(event: string, fields?: LogFields): void
  warn(event: string, fields?: LogFields): void
  error(event: string, fields?: LogFields): void
}

const nothing = (): void => {}

/** A log that keeps nothing: the default of libraries. */
export const silentLog: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing }
