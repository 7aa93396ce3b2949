import { type Clock, type Log, noSpans, type Spans } from "@millrace/ports"
import type { OtelSettings } from "./otel-spans.ts"

export interface TelemetryOptions {
  /** Name of the process, such as `millrace-relay`. */
  readonly service: string
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly log: Log
  readonly clock: Clock
}

export interface Telemetry {
  readonly spans: Spans
  /** Sends what waits, for at most a few seconds. Idempotent. */
  close(): Promise<void>
}

/**
 * Sends steps of edits to an OpenTelemetry collector over OTLP/HTTP, where `OTEL_EXPORTER_OTLP_ENDPOINT` or
 * `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` names one; without either nothing is loaded and nothing is gathered.
 *
 * `OTEL_TRACES_SAMPLER_ARG` is the share of edits that are traced, 0 to 1, 1 unless given: every process picks the same
 * edits. `OTEL_SERVICE_NAME` and `OTEL_EXPORTER_OTLP_HEADERS` mean what OpenTelemetry says. At most 2,048 steps wait; a
 * collector that is slow or dead costs steps, never work.
 */
export async function openTelemetry({ service, environment, log, clock }: TelemetryOptions): Promise<Telemetry> {
  const named = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"].some(
    (name) => (environment[name] ?? "") !== "",
  )
  if (!named || environment["OTEL_SDK_DISABLED"] === "true") return { spans: noSpans, close: () => Promise.resolve() }
  const settings: OtelSettings = {
    service: environment["OTEL_SERVICE_NAME"] ?? service,
    ratio: ratioOf(environment["OTEL_TRACES_SAMPLER_ARG"], log),
    clock,
  }
  // Loaded here alone: whoever does not trace pays nothing.
  const { OtelSpans } = await import("./otel-spans.ts")
  const spans = new OtelSpans(settings)
  log.info("tracing", { service: settings.service, ratio: settings.ratio })
  return { spans, close: () => spans.close() }
}

function ratioOf(text: string | undefined, log: Log): number {
  if (text === undefined || text === "") return 1
  const ratio = Number(text)
  if (ratio >= 0 && ratio <= 1) return ratio
  log.warn("OTEL_TRACES_SAMPLER_ARG is no share of 0 to 1: all edits are traced", { given: text.slice(0, 20) })
  return 1
}
