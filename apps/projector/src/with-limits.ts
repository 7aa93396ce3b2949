import type { TargetLimits } from "@millrace/config"
import type { Limits, Target } from "@millrace/target"

/** The target with the limits of the configuration: each only makes less of what the target itself allows. */
export function withLimits(target: Target, wanted: TargetLimits): Target {
  const limits: Limits = {
    ...target.limits,
    ...wanted,
    maxBatchChanges: Math.min(target.limits.maxBatchChanges, wanted.maxBatchChanges ?? Infinity),
    maxBatchBytes: Math.min(target.limits.maxBatchBytes, wanted.maxBatchBytes ?? Infinity),
    ...least("maxCallsAtOnce", target.limits, wanted),
    ...least("maxCallsPerSecond", target.limits, wanted),
  }
  return new Proxy(target, {
    get: (made, name) => {
      if (name === "limits") return limits
      const value: unknown = Reflect.get(made, name)
      // Methods run on the target itself, whose private fields no proxy has.
      return typeof value === "function" ? (value.bind(made) as unknown) : value
    },
  })
}

function least<Name extends "maxCallsAtOnce" | "maxCallsPerSecond">(
  name: Name,
  own: Limits,
  wanted: TargetLimits,
): Partial<Limits> {
  const value = Math.min(own[name] ?? Infinity, wanted[name] ?? Infinity)
  return value === Infinity ? {} : { [name]: value }
}
