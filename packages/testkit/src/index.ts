export { type BrowserOptions, findChromium, launchBrowser, type TestBrowser } from "./browser.ts"
export { atEndOfTests } from "./cleanup.ts"
export { checkEventChains, type EventChains, type SunkEvent } from "./event-chains.ts"
export { type FakeClock, fakeClock } from "./fake-clock.ts"
export { freePort } from "./free-port.ts"
export { seededRandom, type SeededRandom, seedFromEnvironment } from "./seeded-random.ts"
export {
  type Exit,
  type Finished,
  type ReadyOptions,
  runProcess,
  type RunningProcess,
  spawnNode,
  type SpawnOptions,
  spawnProcess,
} from "./spawn-process.ts"
export { tempDir } from "./temp-dir.ts"
export { waitFor, type WaitOptions } from "./wait-for.ts"
