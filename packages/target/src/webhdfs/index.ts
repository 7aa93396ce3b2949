export { WebHdfsClient, type WebHdfsOptions } from "./client.ts"
export { type HdfsFailure, type HdfsFault, type HdfsResult, hdfsRefusal } from "./fault.ts"
export { type HdfsEntry } from "./entry.ts"
