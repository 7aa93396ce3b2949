import { MillraceError } from "@millrace/ports"

const advice =
  "Write with workspace.collection(...): these stores follow the records, and what is written here would be lost."

/**
 * Makes a connection one for reading: everything that would write throws kind `unsupported` with advice.
 *
 * It stays the browser's own object; only its prototype is replaced, by one derived from it. Other connections are untouched.
 */
export function readOnly(database: IDBDatabase): IDBDatabase {
  const prototype = Object.getPrototypeOf(database) as IDBDatabase
  const derived = Object.create(prototype, {
    transaction: {
      configurable: true,
      writable: true,
      value: function transaction(
        this: IDBDatabase,
        stores: string | Iterable<string>,
        mode?: IDBTransactionMode,
        options?: IDBTransactionOptions,
      ): IDBTransaction {
        if (mode !== undefined && mode !== "readonly") refuse(`A "${mode}" transaction`)
        return prototype.transaction.call(this, stores, "readonly", options)
      },
    },
    createObjectStore: { configurable: true, writable: true, value: () => refuse("A new object store") },
    deleteObjectStore: { configurable: true, writable: true, value: () => refuse("Deleting an object store") },
  }) as IDBDatabase
  return Object.setPrototypeOf(database, derived) as IDBDatabase
}

function refuse(what: string): never {
  throw new MillraceError(`${what} is not possible on this connection. ${advice}`, { kind: "unsupported" })
}
