export { ChangeMaker, hostileTexts } from "./changes.ts"
export { targetSuite } from "./suite.ts"
export type { Held, HttpFaults, Subject, SuiteCase, SuiteOptions, World, WorldAct } from "./subject.ts"
