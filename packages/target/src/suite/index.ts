export type { SuiteCase } from "./suite-case.ts"
