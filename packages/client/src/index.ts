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
} from "./api.ts"
export { openWorkspace } from "./open-workspace.ts"
export type { RelayOptions, SocketConstructor, SocketLike, TokenSource, WorkspaceOptions } from "./options.ts"
