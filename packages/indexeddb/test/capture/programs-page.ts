import { playProgram } from "../../src/suite/index.ts"

Object.assign(globalThis, { playProgram: (seed: number, images: boolean) => playProgram(indexedDB, seed, images) })
