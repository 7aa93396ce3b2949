import { createContext, useContext } from "react"
import type { Session } from "./session.ts"

/** The open workspace; set above everything that shows records. */
export const SessionContext: React.Context<Session | undefined> = createContext<Session | undefined>(undefined)

/** The open workspace. Throws outside of `SessionContext`. */
export function useSession(): Session {
  const session = useContext(SessionContext)
  if (session === undefined) throw new Error("useSession needs a SessionContext above it.")
  return session
}
