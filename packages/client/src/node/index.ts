import { MillraceError } from "@millrace/ports"
import type { Closable, FeedOptions, FollowOptions, RawDocument, RawDocumentOptions } from "./api.ts"

export type {
  BindingWatermark,
  CollectionName,
  ConnectionState,
  Outcome,
  RecordRef,
  RecordState,
  RecordStatus,
  TargetState,
  Unsubscribe,
  Workspace,
  WorkspaceCollection,
  WorkspaceStatus,
  WriteHandle,
} from "../api.ts"
export { openWorkspace } from "../open-workspace.ts"
export type { RelayOptions, SocketConstructor, SocketLike, TokenSource, WorkspaceOptions } from "../options.ts"
export type {
  Closable,
  FeedItem,
  FeedOptions,
  FollowOptions,
  LogEntry,
  RawDocument,
  RawDocumentOptions,
} from "./api.ts"

/** Follows a workspace's durable update log, in order, each entry once, over any number of connections. */
export function followLog(options: FollowOptions): Closable {
  throw new MillraceError(`followLog(${options.workspace}) is being built.`, { kind: "unsupported" })
}

/** Hears of every durable append in workspaces that the token may read. */
export function watchFeed(options: FeedOptions): Closable {
  throw new MillraceError(`watchFeed(${options.url}) is being built.`, { kind: "unsupported" })
}

/** Keeps a bare document in step with the relay. */
export function openRawDocument(options: RawDocumentOptions): RawDocument {
  throw new MillraceError(`openRawDocument(${options.workspace}) is being built.`, { kind: "unsupported" })
}
