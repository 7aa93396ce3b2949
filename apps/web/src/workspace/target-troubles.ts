/** By target's name: how the projector gets on with it, where something is wrong. */
export type Troubles = ReadonlyMap<string, string>

/** Asks the server for a path; resolves with its JSON. */
export type AskJson = (path: string) => Promise<unknown>

export const noTroubles: Troubles = new Map()

/** Why targets do not answer, as the projector knows; empty where it cannot be asked, or may not be. */
export async function askTroubles(workspace: string, ask: AskJson): Promise<Troubles> {
  try {
    return troublesIn(await ask(`/api/workspaces/${encodeURIComponent(workspace)}/status`))
  } catch {
    return noTroubles
  }
}

export function troublesIn(answer: unknown): Troubles {
  const found = new Map<string, string>()
  if (typeof answer !== "object" || answer === null || !("targets" in answer)) return found
  if (!Array.isArray(answer.targets)) return found
  for (const target of answer.targets as readonly unknown[]) {
    if (typeof target !== "object" || target === null) continue
    const { name, lastError } = target as { readonly name?: unknown; readonly lastError?: unknown }
    if (typeof name === "string" && typeof lastError === "string" && lastError !== "") found.set(name, lastError)
  }
  return found
}
