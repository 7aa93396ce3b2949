/**
 * The WebSocket subprotocol that our own clients ask for. A client offers `[protocolName, token]`; the relay selects
 * the first. A later version gets another name, so that both can be offered at once.
 */
export const protocolName = "millrace.v1"

/** Highest message version that this build speaks; history: 1 = first. */
export const protocolVersion = 1
