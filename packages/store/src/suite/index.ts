export type { StoreCase, Subject } from "./case.ts"
export { overStore } from "./over-store.ts"
export { storeSuite } from "./suite.ts"
