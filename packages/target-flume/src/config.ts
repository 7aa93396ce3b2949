import {
  authOf,
  type HttpAuth,
  type HttpTls,
  onlyKnown,
  settingsObject,
  settingWhole,
  tlsOf,
  urlsOf,
  wrongSetting,
} from "@millrace/target"

export type FlumeAuth = HttpAuth
export type FlumeTls = HttpTls

/** A Flume target as the configuration has it, defaults filled in. */
export interface FlumeConfig {
  readonly kind: "flume"
  /** HTTP sources that feed the same channel's readers; the first is preferred. */
  readonly urls: readonly string[]
  /** Bounds one call; must exceed the channel's `keep-alive`, which is 3 s by default. */
  readonly timeoutMs: number
  readonly maxBatchChanges: number
  readonly maxBatchBytes: number
  /** Events above this are refused before sending: Flume accepts one over 64 MB and never reads its channel again. */
  readonly maxEventBytes: number
  /** The source itself knows no users; this is for a proxy before it. */
  readonly auth: FlumeAuth
  readonly tls: FlumeTls
}

const known = ["kind", "url", "urls", "timeoutMs", "maxBatchChanges", "maxBatchBytes", "maxEventBytes", "auth", "tls"]

/**
 * Checks one target of the configuration: `{ kind: "flume", url | urls, timeoutMs?, maxBatchChanges?, ... }`.
 *
 * @param path Where the value stands, such as `targets.events`; every error begins with it and the field.
 * @throws MillraceError of kind `usage`.
 */
export function flumeConfig(value: unknown, path: string): FlumeConfig {
  const fields = settingsObject(value, path)
  onlyKnown(fields, known, path)
  if (fields["kind"] !== "flume") throw wrongSetting(`${path}.kind`, 'must be "flume"')
  return {
    kind: "flume",
    urls: urlsOf(fields, path),
    timeoutMs: settingWhole(fields["timeoutMs"], `${path}.timeoutMs`, 20_000, 100, 600_000),
    maxBatchChanges: settingWhole(fields["maxBatchChanges"], `${path}.maxBatchChanges`, 500, 1, 10_000),
    maxBatchBytes: settingWhole(fields["maxBatchBytes"], `${path}.maxBatchBytes`, 4_000_000, 1000, 32_000_000),
    maxEventBytes: settingWhole(fields["maxEventBytes"], `${path}.maxEventBytes`, 8_000_000, 1000, 32_000_000),
    auth: authOf(fields["auth"], `${path}.auth`),
    tls: tlsOf(fields["tls"], `${path}.tls`),
  }
}
