/** What one relay process takes; every one is refused with a typed error when passed. */
export interface Limits {
  /** One whole message or y-websocket frame. */
  readonly maxMessageBytes: number
  /** One piece of a message of millrace.v1. */
  readonly maxPartBytes: number
  readonly maxConnections: number
  readonly maxChannelsPerSocket: number
  /** One awareness frame. */
  readonly maxAwarenessBytes: number
  /** Awareness states that one connection may own. */
  readonly maxAwarenessClients: number
  /** Bytes that may wait for one slow socket beside its initial sync; beyond it the socket is dropped. */
  readonly maxBufferedBytes: number
  /** Updates of one workspace that may wait for the disk; beyond it their senders are not read. */
  readonly maxPendingBytes: number
  /** Interval of liveness pings; a socket from which nothing is heard for two of them is dropped. */
  readonly pingMs: number
  /** How long a workspace without channels stays in memory. */
  readonly idleRoomMs: number
  /** How long updates gather before a commit when none is under way. */
  readonly commitDelayMs: number
  /** Bytes of updates in one commit. */
  readonly maxCommitBytes: number
  readonly maxConnectionsPerAddress: number
  /** By the subject of the token. */
  readonly maxConnectionsPerUser: number
  /** Replicas and followers of one workspace. */
  readonly maxChannelsPerWorkspace: number
  /** What one user may send over all connections, and how much at once after a rest. */
  readonly userMessagesPerSecond: number
  readonly userMessageBurst: number
  readonly userBytesPerSecond: number
  readonly userByteBurst: number
  /** What all together may send into one workspace. */
  readonly workspaceMessagesPerSecond: number
  readonly workspaceMessageBurst: number
  readonly workspaceBytesPerSecond: number
  readonly workspaceByteBurst: number
  /** Revocations in force. */
  readonly maxRevocations: number
  /** A log that is imported; it is held in memory until it is verified. */
  readonly maxImportBytes: number
}

export const defaultLimits: Limits = {
  maxMessageBytes: 32 * 1_048_576,
  maxPartBytes: 262_144,
  maxConnections: 10_000,
  maxChannelsPerSocket: 256,
  maxAwarenessBytes: 65_536,
  maxAwarenessClients: 64,
  maxBufferedBytes: 16 * 1_048_576,
  maxPendingBytes: 64 * 1_048_576,
  pingMs: 15_000,
  idleRoomMs: 30_000,
  commitDelayMs: 2,
  maxCommitBytes: 262_144,
  maxConnectionsPerAddress: 2000,
  maxConnectionsPerUser: 2000,
  maxChannelsPerWorkspace: 5000,
  userMessagesPerSecond: 10_000,
  userMessageBurst: 100_000,
  userBytesPerSecond: 32 * 1_048_576,
  userByteBurst: 256 * 1_048_576,
  workspaceMessagesPerSecond: 50_000,
  workspaceMessageBurst: 500_000,
  workspaceBytesPerSecond: 128 * 1_048_576,
  workspaceByteBurst: 1024 * 1_048_576,
  maxRevocations: 100_000,
  maxImportBytes: 256 * 1_048_576,
}
