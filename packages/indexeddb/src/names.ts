/** Database with the store `$status` of a workspace, named as in its URL. */
export function statusDatabaseName(workspaceRef: string): string {
  return `millrace:${workspaceRef}`
}

/** Database in y-indexeddb's layout that keeps a document, named as in its URL: `<workspace>` or `<workspace>~status`. */
export function updatesDatabaseName(workspaceRef: string): string {
  return `millrace:${workspaceRef}:updates`
}
