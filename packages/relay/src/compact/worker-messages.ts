/** To the worker: updates in order, cut out of one array by their lengths; then the end. Each is answered before the next is sent. */
export type ToWorker =
  | { readonly type: "updates"; readonly bytes: Uint8Array; readonly lengths: readonly number[] }
  | { readonly type: "end" }

export type FromWorker =
  | { readonly type: "took" }
  | { readonly type: "done"; readonly payload: Uint8Array }
  /** The log does not compact. */
  | { readonly type: "refused"; readonly reason: string }
