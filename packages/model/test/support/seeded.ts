export { Seeded, tickingClock } from "../../src/suite/seeded.ts"

/** The seed to use: MILLRACE_SEED, or a fresh one. Printed, so that a failure can be played again. */
export function baseSeed(): number {
  const given = process.env["MILLRACE_SEED"]
  const seed = given === undefined ? Date.now() % 1_000_000_000 : Number(given)
  console.log(`MILLRACE_SEED=${seed}`)
  return seed
}
