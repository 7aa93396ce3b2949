import type { IncomingMessage } from "node:http"

/**
 * Address of whoever sent a request. With `trustedProxies` proxies of ours in front, the entry of `X-Forwarded-For` that the outermost
 * of them wrote; the header is whatever its sender likes otherwise, and is not looked at.
 *
 * IPv6 addresses count by their first 64 bits, since one subscriber has that many.
 */
export function addressOf(request: IncomingMessage, trustedProxies: number): string {
  const direct = request.socket.remoteAddress ?? "unknown"
  if (trustedProxies === 0) return groupOf(direct)
  const header = request.headers["x-forwarded-for"]
  const hops = (Array.isArray(header) ? header.join(",") : (header ?? "")).split(",").map((hop) => hop.trim())
  const claimed = hops.at(-trustedProxies)
  return groupOf(claimed === undefined || claimed === "" ? direct : claimed.slice(0, 64))
}

function groupOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  if (!address.includes(":")) return address
  const [head = "", tail] = address.toLowerCase().replace(/%.*$/, "").split("::")
  const left = head === "" ? [] : head.split(":")
  const right = tail === undefined || tail === "" ? [] : tail.split(":")
  const zeros = tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => "0")
  return `${[...left, ...zeros, ...right]
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ""))
    .join(":")}::/64`
}
