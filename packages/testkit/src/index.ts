export {
  type AtlasAnswer,
  type AtlasServer,
  type AtlasServerOptions,
  atlasUsers,
  startAtlasServer,
} from "./atlas/launcher.ts"
export { type BrowserOptions, findChromium, launchBrowser, type TestBrowser } from "./browser.ts"
export { atEndOfTests } from "./cleanup.ts"
export { checkEventChains, type EventChains, type SunkEvent } from "./event-chains.ts"
export { type FakeHdfs, startFakeHdfs } from "./fake-hdfs.ts"
export { type FakeClock, fakeClock } from "./fake-clock.ts"
export {
  type FlumeAgent,
  type FlumeAgentOptions,
  type FlumeMetrics,
  type ReadSinkOptions,
  startFlumeAgent,
} from "./flume/launcher.ts"
export { parseSinkLine, readSinkFiles } from "./flume/sink-files.ts"
export { freePort } from "./free-port.ts"
export { haveJava, missingForJava } from "./java.ts"
export { type OozieOptions, type OozieServer, type Part, startOozie } from "./oozie/launcher.ts"
export {
  type Application,
  type ScriptedAnswer,
  type ScriptedRequest,
  type ScriptedServer,
  startScriptedServer,
  type Step,
} from "./scripted-server.ts"
export { type CuttableDisk, type Freezable, makeCuttableDisk } from "./power-cut.ts"
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
export {
  type ProxyTarget,
  startToxicProxy,
  type ToxicProxy,
  type ToxicProxyOptions,
  type Toxics,
} from "./toxic-proxy.ts"
export { waitFor, type WaitOptions } from "./wait-for.ts"
