import { playProgram } from "@millrace/indexeddb/suite"

Object.assign(globalThis, { playProgram: (seed: number, images: boolean) => playProgram(indexedDB, seed, images) })
