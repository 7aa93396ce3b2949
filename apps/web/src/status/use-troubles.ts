import { systemClock, type Timer } from "@millrace/ports"
import { useEffect, useState } from "react"
import { useSession } from "../workspace/context.ts"
import { noTroubles, type Troubles } from "../workspace/target-troubles.ts"

const askAgainMs = 10_000

/** Why targets do not answer: asked while something is pending for them, and again as long as it is. */
export function useTroubles(isPending: boolean): Troubles {
  const session = useSession()
  const [troubles, setTroubles] = useState<Troubles>(noTroubles)
  useEffect(() => {
    if (!isPending) return
    let mounted = true
    let timer: Timer | undefined
    const ask = (): void =>
      void session.troubles().then((found) => {
        if (!mounted) return
        setTroubles(found)
        timer = systemClock.after(askAgainMs, ask)
      })
    ask()
    return () => {
      mounted = false
      timer?.cancel()
    }
  }, [isPending, session])
  return isPending ? troubles : noTroubles
}
