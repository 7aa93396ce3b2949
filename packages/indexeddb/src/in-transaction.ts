import { endOf } from "./open-database.ts"

/**
 * Runs `work` in one transaction and resolves with its result once that completed.
 *
 * A throw of `work` aborts the transaction and is what this rejects with; where the transaction has an error of its own, with that: what
 * its requests said is then a consequence.
 */
export async function inTransaction<T>(
  database: IDBDatabase,
  stores: readonly string[],
  mode: "readonly" | "readwrite",
  work: (transaction: IDBTransaction) => Promise<T>,
): Promise<T> {
  const transaction = database.transaction([...stores], mode)
  const end = endOf(transaction)
  end.catch(() => {})
  const result = work(transaction)
  // Without this, what a throw left out would be missing from a transaction that completes.
  result.catch(() => abort(transaction))
  await end.catch(async (thrown: unknown) => {
    if (transaction.error === null) await result
    throw thrown
  })
  return await result
}

/** One that ended already is left as it is. */
function abort(transaction: IDBTransaction): void {
  try {
    transaction.abort()
  } catch {
    // It ended by itself.
  }
}
