export type {
  MirrorChange,
  MirrorEvent,
  MirrorReset,
  MirrorState,
  MirrorStatus,
  UniqueViolation,
} from "@millrace/indexeddb"
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
  WorkspaceMirror,
  WorkspaceStatus,
  WriteHandle,
} from "../api.ts"
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
export { followLog } from "./follow-log.ts"
export { openWorkspace } from "./open-workspace.ts"
export { openRawDocument } from "./raw-document.ts"
export { watchFeed } from "./watch-feed.ts"
