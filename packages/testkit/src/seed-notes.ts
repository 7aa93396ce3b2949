const seeds = new Set<number>()

/** Remembers that the running test used `seed`. */
export function noteSeed(seed: number): void {
  seeds.add(seed)
}

/** The seeds noted since the last call. */
export function takeSeeds(): readonly number[] {
  const taken = [...seeds]
  seeds.clear()
  return taken
}
