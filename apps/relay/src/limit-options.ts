import { defaultLimits, type Limits } from "@millrace/relay"
import { InvalidArgumentError, Option } from "commander"

/** What each limit says in the help; names, flags (`--max-connections`), variables and defaults follow from the names. */
const help: Readonly<Record<keyof Limits, string>> = {
  maxMessageBytes: "one message or y-websocket frame; larger ones are refused for good",
  maxPartBytes: "one piece of a message of millrace.v1",
  maxConnections: "sockets of this process",
  maxConnectionsPerAddress: "sockets from one address; an IPv6 /64 is one",
  maxConnectionsPerUser: "sockets of one subject",
  maxChannelsPerSocket: "workspaces open on one socket",
  maxChannelsPerWorkspace: "replicas and followers of one workspace",
  userMessagesPerSecond: "messages that one subject may send, over all sockets",
  userMessageBurst: "messages that one subject may send at once after a rest",
  userBytesPerSecond: "bytes that one subject may send, over all sockets",
  userByteBurst: "bytes that one subject may send at once after a rest",
  workspaceMessagesPerSecond: "frames into one workspace from all together",
  workspaceMessageBurst: "frames into one workspace at once after a rest",
  workspaceBytesPerSecond: "bytes into one workspace from all together",
  workspaceByteBurst: "bytes into one workspace at once after a rest",
  maxAwarenessBytes: "one presence frame",
  maxAwarenessClients: "present clients that one connection may speak for",
  maxBufferedBytes: "bytes that may wait for one slow socket beside its initial sync",
  maxPendingBytes: "updates of one workspace that may wait for the disk",
  pingMs: "interval of liveness pings; silence over two of them ends a socket",
  idleRoomMs: "how long a workspace that nobody has open stays in memory",
  commitDelayMs: "how long updates gather before a commit",
  maxCommitBytes: "updates in one commit",
  maxRevocations: "revocations in force",
  maxImportBytes: "a log that is imported; held in memory until it is verified",
}

const names = Object.keys(help) as readonly (keyof Limits)[]

/** One option for each limit. */
export function limitOptions(): readonly Option[] {
  return names.map((name) =>
    new Option(`--${kebab(name)} <n>`, help[name])
      .env(`MILLRACE_RELAY_${kebab(name).replaceAll("-", "_").toUpperCase()}`)
      .default(defaultLimits[name])
      .argParser(readLimit),
  )
}

/** Parsed options with the limits apart. */
export function splitLimits<T extends object>(options: T): T & { readonly limits: Partial<Limits> } {
  const isLimit = ([name]: [string, unknown]): boolean => Object.hasOwn(help, name)
  const entries = Object.entries(options)
  const others = Object.fromEntries(entries.filter((entry) => !isLimit(entry))) as T
  return { ...others, limits: Object.fromEntries(entries.filter(isLimit)) }
}

function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

function readLimit(text: string): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : 0
  if (value < 1) throw new InvalidArgumentError("Use a whole number of 1 or more.")
  return value
}
