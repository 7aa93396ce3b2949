import type { MirrorState } from "./mirror-api.ts"

export type MirrorStateEvent = "reopen" | "build" | "built" | "fail" | "supersede" | "close"

const table: Readonly<Record<MirrorState, Readonly<Record<MirrorStateEvent, MirrorState>>>> = {
  opening: {
    reopen: "opening",
    build: "building",
    built: "current",
    fail: "failed",
    supersede: "superseded",
    close: "closed",
  },
  building: {
    reopen: "opening",
    build: "building",
    built: "current",
    fail: "failed",
    supersede: "superseded",
    close: "closed",
  },
  current: {
    reopen: "opening",
    build: "building",
    built: "current",
    fail: "failed",
    supersede: "superseded",
    close: "closed",
  },
  failed: {
    reopen: "opening",
    build: "building",
    built: "current",
    fail: "failed",
    supersede: "superseded",
    close: "closed",
  },
  // Only a call of `rebuild` leaves it: two pages that took the stores from each other by themselves would never end.
  superseded: {
    reopen: "opening",
    build: "superseded",
    built: "superseded",
    fail: "superseded",
    supersede: "superseded",
    close: "closed",
  },
  closed: { reopen: "closed", build: "closed", built: "closed", fail: "closed", supersede: "closed", close: "closed" },
}

export function nextMirrorState(state: MirrorState, event: MirrorStateEvent): MirrorState {
  return table[state][event]
}
