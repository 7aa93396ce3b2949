interface OwnRequest {
  readonly onSuccess: ((result: unknown) => void) | undefined
  readonly onError: (() => void) | undefined
}

const done: OwnRequest = { onSuccess: undefined, onError: undefined }

/**
 * Requests of ours in the application's own transactions, kept from its listeners.
 *
 * At the request an error goes no further, so that no handler of the application sees a request that it did not make; the transaction
 * still aborts, with the true error. Listeners that capture stand before that: `guard` puts one of ours before them.
 */
export class OwnRequests {
  readonly #open = new WeakMap<EventTarget, OwnRequest>()
  readonly #guarded = new WeakSet<EventTarget>()
  readonly #listen: EventTarget["addEventListener"]

  constructor(listen: EventTarget["addEventListener"]) {
    this.#listen = listen
  }

  own<T>(request: IDBRequest<T>, onSuccess?: (result: T) => void, onError?: () => void): void {
    this.#open.set(request, { onSuccess: onSuccess as (result: unknown) => void, onError })
    this.#listen.call(request, "success", this.#take)
    this.#listen.call(request, "error", this.#take)
  }

  /** Before the application's first listener on a transaction or a database. */
  guard(target: EventTarget): void {
    if (this.#guarded.has(target)) return
    this.#guarded.add(target)
    for (const type of ["success", "error"]) this.#listen.call(target, type, this.#hold, true)
  }

  readonly #hold = (event: Event): void => {
    if (event.target !== null && this.#open.has(event.target)) {
      event.stopImmediatePropagation()
      this.#take(event)
    }
  }

  readonly #take = (event: Event): void => {
    const request = event.target as IDBRequest<unknown>
    const open = this.#open.get(request) ?? done
    // Kept known: the guard of an outer target may come later.
    this.#open.set(request, done)
    event.stopPropagation()
    if (event.type === "error") open.onError?.()
    else open.onSuccess?.(request.result)
  }
}
