import { canonicalJson } from "@millrace/model"
import { atEndOfTests } from "@millrace/testkit"
import * as Y from "yjs"
import { openRawDocument } from "../src/node/index.ts"
import { type Stage, token } from "./stage.ts"

/** A status document written by hand, as the projector would. */
export interface ProjectorHand {
  /** Moves the watermark of binding `flume/events`; resolves when the relay has it. */
  watermark(seq: number): Promise<void>
  except(id: string, kind: "rejected" | "parked" | "conflict", seq: number): Promise<void>
  lift(id: string): Promise<void>
}

export async function openProjectorHand(stage: Stage, workspace = "w"): Promise<ProjectorHand> {
  const doc = new Y.Doc()
  const raw = openRawDocument({
    url: stage.url,
    token: () => token("projector"),
    workspace: `${workspace}~status`,
    doc,
  })
  atEndOfTests(() => raw.close())
  await raw.synced
  const target = "flume"
  const binding = "events"
  const key = (id: string): string => canonicalJson([target, binding, "datasets", id])
  const flush = async (): Promise<void> => void (await raw.flushed())
  return {
    watermark: (seq) => {
      const entry = { target, binding, collections: ["datasets"], generation: 1, bindingRevision: 1, seq }
      doc.getMap("watermarks").set(`${target}/${binding}`, entry)
      return flush()
    },
    except: (id, kind, seq) => {
      doc.getMap("exceptions").set(key(id), { kind, seq, version: 1, reason: "not liked", timeMs: 1 })
      return flush()
    },
    lift: (id) => {
      doc.getMap("exceptions").delete(key(id))
      return flush()
    },
  }
}
