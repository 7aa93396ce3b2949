export type { StoreCase, Subject } from "./case.ts"
export { storeSuite } from "./suite.ts"
