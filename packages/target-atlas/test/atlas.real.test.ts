import { type Subject, targetSuite } from "@millrace/target/suite"
import { describe, test } from "vitest"
import { heldBy, restarted, targetFor, theServer } from "./real-atlas.ts"

describe("the suite on a real server", () => {
  let count = 0

  async function make(options: { readonly timeoutMs?: number }): Promise<Subject> {
    count += 1
    const namespace = `suite${count}`
    let atlas = await theServer()
    return {
      target: targetFor(atlas, { namespace, ...options }),
      held: () => heldBy(atlas, `@${namespace}`),
      die: () => atlas.kill(),
      revive: async () => {
        atlas = await restarted()
      },
      dispose: () => Promise.resolve(),
    }
  }

  const spoil = (change: { readonly id: string }): never =>
    ({ ...change, after: JSON.stringify({ labels: ["not a label"] }) }) as never
  for (const { title, run } of targetSuite("state", { make, http: false, spoil })) test(title, run)
})
