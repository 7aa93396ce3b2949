import { openWorkspace } from "../../src/index.ts"

// Held, so that nothing of it is shaken out.
Object.assign(globalThis, { openWorkspace })
