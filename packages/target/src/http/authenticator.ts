/** A secret is fetched when it is used, so that a rotated one counts at once and none is kept in an object. */
export type Secret = () => string | Promise<string>

/**
 * Proves to a server who we are. `headers` is asked before every attempt.
 *
 * When it throws, the request is not sent. Its values are never logged nor put into a reason.
 */
export interface Authenticator {
  headers(request: { readonly method: string; readonly url: URL }): Promise<Readonly<Record<string, string>>>
}

export const noAuthenticator: Authenticator = { headers: () => Promise.resolve({}) }

/** HTTP basic: user and password as UTF-8 (RFC 7617). A colon in the user name cannot be expressed and is refused. */
export function basicAuthenticator(user: string, password: Secret): Authenticator {
  return {
    headers: async () => {
      if (user.includes(":")) throw new Error("A user name for basic authentication must not contain a colon.")
      const pair = Buffer.from(`${user}:${await password()}`, "utf8").toString("base64")
      return { authorization: `Basic ${pair}` }
    },
  }
}

/** HTTP bearer (RFC 6750). */
export function bearerAuthenticator(token: Secret): Authenticator {
  return { headers: async () => ({ authorization: `Bearer ${(await token()).trim()}` }) }
}
