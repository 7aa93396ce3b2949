import type { Log, LogFields } from "@millrace/ports"
import { pino } from "pino"

/** JSON lines on standard error: standard output belongs to the line that says the worker is ready. */
export function openLog(level: string): Log {
  const logger = pino({ level, base: { process: "projector" } }, pino.destination({ dest: 2, sync: true }))
  const at =
    (name: "debug" | "info" | "warn" | "error") =>
    (event: string, fields: LogFields = {}): void =>
      logger[name](fields, event)
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") }
}
