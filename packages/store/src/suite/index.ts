export { type StoreCase, storeSuite, type Subject } from "./suite.ts"
