/**
 * Client ids below this are reserved for what is written back from targets; only role `projector` may use them.
 * Our client redraws when Yjs draws one.
 */
export const firstFreeClientId = 65_536
