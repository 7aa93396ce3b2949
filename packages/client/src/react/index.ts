// All of it, because TypeScript adds to an interface only through a star.
export * from "./register.ts"
export { type RegisteredSchema, useWorkspace, WorkspaceProvider, type WorkspaceProviderProps } from "./context.ts"
export { type Peer, usePresence } from "./use-presence.ts"
export { useQuery } from "./use-query.ts"
export { useRecord } from "./use-record.ts"
export { useStatus } from "./use-status.ts"
