export { atEndOfTests, cleanUp } from "./cleanup.ts"
export { takeSeeds } from "./seed-notes.ts"
