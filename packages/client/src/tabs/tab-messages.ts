import { MillraceError, type Retry, type ErrorKind } from "@millrace/ports"
import type { ChannelHandlers, ChannelRequest } from "../relay/channel.ts"
import type { SocketState } from "../relay/socket-state.ts"

/** Part of every channel's name: tabs with another build of the page never hear each other. */
export const tabProtocol = "millrace tabs 1"

/** To all members of a group: who leads, and who wants to be led. */
export type GroupMessage =
  | { readonly kind: "who" }
  | { readonly kind: "lead"; readonly term: string }
  | { readonly kind: "join"; readonly term: string; readonly member: string }
  | { readonly kind: "left"; readonly term: string }

export interface PlainError {
  readonly kind: ErrorKind
  readonly retry: Retry
  readonly message: string
}

/** From a member to its leader, on a channel of the two. */
export type GuestMessage =
  | {
      readonly kind: "open"
      readonly id: number
      readonly request: Omit<ChannelRequest, "position">
      readonly position: ReturnType<ChannelRequest["position"]>
    }
  | { readonly kind: "data"; readonly id: number; readonly payload: Uint8Array }
  | { readonly kind: "shut"; readonly id: number }
  | { readonly kind: "ask" }
  | { readonly kind: "wake" }
  /** So many bytes of what the leader sent were taken in. */
  | { readonly kind: "took"; readonly bytes: number }

export type HandlerName = keyof ChannelHandlers

/** From a leader to one of its members. */
export type HostMessage =
  | { readonly kind: "state"; readonly state: SocketState; readonly error: PlainError | undefined }
  | { readonly kind: "here" }
  | { readonly kind: "told"; readonly id: number; readonly name: HandlerName; readonly value: unknown }

// Total by its type: a handler that is added must be passed on.
const handlers: Readonly<Record<HandlerName, true>> = {
  requested: true,
  opened: true,
  permission: true,
  data: true,
  durable: true,
  entry: true,
  snapshot: true,
  progress: true,
  caughtUp: true,
  pong: true,
  closed: true,
}
const handlerNames = Object.keys(handlers) as readonly HandlerName[]

/** Handlers that pass on everything as data. */
export function passOn(tell: (name: HandlerName, value: unknown) => void): ChannelHandlers {
  const each = handlerNames.map(
    (name) =>
      [
        name,
        (value: unknown) => tell(name, value instanceof MillraceError ? plainError(value) : compact(value)),
      ] as const,
  )
  return Object.fromEntries(each) as unknown as ChannelHandlers
}

/** Calls the handler that was meant. */
export function tellHandler(to: ChannelHandlers, name: HandlerName, value: unknown): void {
  if (name === "closed") return to.closed(errorOf(value as PlainError))
  const handler = to[name] as ((value: unknown) => void) | undefined
  handler?.call(to, value)
}

export function plainError({ kind, retry, message }: MillraceError): PlainError {
  return { kind, retry, message }
}

export function errorOf({ kind, retry, message }: PlainError): MillraceError {
  return new MillraceError(message, { kind, retry })
}

/** Bytes that are part of a larger buffer would take all of it along. */
export function compactBytes(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice()
}

function compact(value: unknown): unknown {
  if (value instanceof Uint8Array) return compactBytes(value)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [key, part instanceof Uint8Array ? compactBytes(part) : part]),
  )
}

/** Bytes of payload that a message carries. */
export function weightOf(value: unknown): number {
  if (value instanceof Uint8Array) return value.byteLength
  if (typeof value !== "object" || value === null) return 0
  return Object.values(value).reduce((sum: number, part) => sum + (part instanceof Uint8Array ? part.byteLength : 0), 0)
}
