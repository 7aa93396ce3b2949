export { type Played, playProgram } from "./play.ts"
