import type { Log, LogFields } from "@millrace/ports"
import { pino } from "pino"

/** One JSON line an event on standard error; level by `MILLRACE_LOG`, `warn` unless given. */
export function openLog(level: string | undefined): Log {
  const logger = pino({ level: level ?? "warn", base: { process: "relay" } }, pino.destination(2))
  const at =
    (name: "debug" | "info" | "warn" | "error") =>
    (event: string, fields?: LogFields): void =>
      logger[name](fields ?? {}, event)
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") }
}
