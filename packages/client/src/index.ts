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
  CatchingUp,
  CollectionName,
  ConnectionState,
  LostValue,
  Outcome,
  RecordRef,
  RecordState,
  RecordStatus,
  StorageReport,
  TargetState,
  Unsubscribe,
  Workspace,
  WorkspaceCollection,
  WorkspaceMirror,
  WorkspaceStatus,
  WriteHandle,
} from "./api.ts"
export {
  Capture,
  type CaptureEvent,
  type CaptureOptions,
  type ChangeEvent,
  type ChangesOptions,
} from "@millrace/indexeddb"
export { shareDatabase } from "./capture/share-database.ts"
export type { SharedDatabase, ShareEvent, ShareOptions } from "./capture/share-options.ts"
export { openWorkspace } from "./open-workspace.ts"
export type { RelayOptions, SocketConstructor, SocketLike, TokenSource, WorkspaceOptions } from "./options.ts"
