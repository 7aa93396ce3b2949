import { type CompactionSettings, defaultCompaction } from "@millrace/relay"
import { InvalidArgumentError, Option } from "commander"

type Named = Exclude<keyof CompactionSettings, "build">

/** What each setting of compaction says in the help. */
const options: Readonly<Record<Named, { readonly flag: string; readonly help: string; readonly least: number }>> = {
  entries: {
    flag: "compact-entries",
    help: "entries since its last snapshot at which a log in use is compacted",
    least: 1,
  },
  bytes: { flag: "compact-bytes", help: "bytes since its last snapshot at which a log is compacted", least: 1 },
  idleEntries: {
    flag: "compact-idle-entries",
    help: "entries since its last snapshot at which a log is compacted when its workspace leaves memory",
    least: 1,
  },
  keepEntries: { flag: "compact-keep-entries", help: "last entries that stay one by one for followers", least: 0 },
  keepBytes: { flag: "compact-keep-bytes", help: "bytes of them at most", least: 0 },
  maxMemoryMb: { flag: "compact-max-memory-mb", help: "heap of the thread that compacts", least: 64 },
  restFactor: {
    flag: "compact-rest-factor",
    help: "a log rests so many times as long as its last compaction took",
    least: 0,
  },
}

const names = Object.keys(options) as readonly Named[]

/** One option for each setting. */
export function compactionOptions(): readonly Option[] {
  return names.map((name) => {
    const { flag, help, least } = options[name]
    return new Option(`--${flag} <n>`, help)
      .env(`MILLRACE_RELAY_${flag.replaceAll("-", "_").toUpperCase()}`)
      .default(defaultCompaction[name])
      .argParser((text) => readCount(text, least))
  })
}

/** Parsed options with those of compaction apart. */
export function splitCompaction<T extends object>(parsed: T): T & { readonly compaction: Partial<CompactionSettings> } {
  const flags = new Map(names.map((name) => [camel(options[name].flag), name]))
  const entries = Object.entries(parsed)
  const others = Object.fromEntries(entries.filter(([key]) => !flags.has(key))) as T
  const own = entries.flatMap(([key, value]) => (flags.has(key) ? [[flags.get(key), value as number] as const] : []))
  return { ...others, compaction: Object.fromEntries(own) }
}

function camel(flag: string): string {
  return flag.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

function readCount(text: string, least: number): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : -1
  if (value < least) throw new InvalidArgumentError(`Use a whole number of ${least} or more.`)
  return value
}
