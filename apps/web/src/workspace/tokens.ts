import { MillraceError } from "@millrace/ports"

/** The part of the platform's fetch that is used here. */
export type FetchJson = (
  path: string,
) => Promise<{ readonly ok: boolean; readonly status: number; json(): Promise<unknown> }>

export interface TokenStorage {
  getItem(key: string): string | null
  setItem(key: string, value: string): void
  removeItem(key: string): void
}

export interface Tokens {
  /**
   * The token for the next connection: the one that a person gave, else a fresh development token of this server.
   *
   * Rejects with kind `unavailable` when the server cannot be asked (trying again helps), and with kind
   * `unauthenticated` when it gives no development tokens (somebody has to paste one).
   */
  readonly token: () => Promise<string>
  /** True once the server said that it gives no development tokens and nobody has pasted one. */
  isNeeded(): boolean
  /** True while a pasted token is in use. */
  isGiven(): boolean
  onNeeded(listener: () => void): () => void
  /** Keeps a pasted token for this tab. */
  give(token: string): void
  /** Drops the pasted token, an expired one for instance. */
  forget(): void
}

const storageKey = "millrace:token"

/** The token lives in the tab's session storage alone: closing the tab ends it. It is never logged. */
export function createTokens(fetchJson: FetchJson, storage: TokenStorage): Tokens {
  const listeners = new Set<() => void>()
  let needed = false

  const setNeeded = (value: boolean): void => {
    if (needed === value) return
    needed = value
    for (const listener of Array.from(listeners)) listener()
  }

  async function developmentToken(): Promise<string> {
    const response = await fetchJson("/dev/token").catch((error: unknown) => {
      throw new MillraceError("The server cannot be reached; edits stay in this browser until it can.", {
        kind: "unavailable",
        retry: "now",
        cause: error,
      })
    })
    if (response.status === 404 || response.status === 403 || response.status === 401) {
      setNeeded(true)
      throw new MillraceError("This server gives no development token: paste an access token.", {
        kind: "unauthenticated",
      })
    }
    const body: unknown = response.ok ? await response.json().catch(() => undefined) : undefined
    const token = typeof body === "object" && body !== null && "token" in body ? body.token : undefined
    if (typeof token !== "string" || token === "") {
      throw new MillraceError(`The server answered ${response.status} to the request for a token; trying again.`, {
        kind: "unavailable",
        retry: "now",
      })
    }
    setNeeded(false)
    return token
  }

  return {
    token: async () => storage.getItem(storageKey) ?? (await developmentToken()),
    isNeeded: () => needed,
    isGiven: () => storage.getItem(storageKey) !== null,
    onNeeded: (listener) => {
      const entry = (): void => listener()
      listeners.add(entry)
      return () => void listeners.delete(entry)
    },
    give: (token) => {
      storage.setItem(storageKey, token.trim())
      setNeeded(false)
    },
    forget: () => storage.removeItem(storageKey),
  }
}
