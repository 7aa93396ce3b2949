/** Origin of transactions that nobody gave one: without an origin, undo would take other people's changes as ours. */
export const localOrigin = "millrace:local"

/** Origin of what every replica makes alike; nobody's own write, so undo leaves it alone. */
export const seedOrigin = "millrace:seed"
