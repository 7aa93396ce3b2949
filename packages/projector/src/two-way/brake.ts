import type { ProjectorLimits } from "../limits.ts"
import type { BaseRow } from "../view/rows.ts"

type BrakeLimits = Pick<ProjectorLimits, "maxAutomaticWrites" | "maxRepeatedWrites" | "brakeWindowMs">

/**
 * Whether one more write without a person is too many.
 *
 * Two sides that put their own value back write the same again and again, each of their cycles a success: only the
 * count gives them away. Fresh values of a field that the target owns (hash `t:`) do not count.
 */
export function trips(base: BaseRow | undefined, hash: string, nowMs: number, limits: BrakeLimits): boolean {
  const recent = (base?.automatic ?? []).filter(([timeMs]) => timeMs > nowMs - limits.brakeWindowMs)
  const same = recent.filter(([, each]) => each === hash).length
  const counted = recent.filter(([, each]) => !each.startsWith("t:")).length
  return same >= limits.maxRepeatedWrites || (!hash.startsWith("t:") && counted >= limits.maxAutomaticWrites)
}
