import { systemClock } from "@millrace/ports"
import type { StateTarget } from "@millrace/target"
import type { Held } from "@millrace/target/suite"
import { type AtlasServer, startAtlasServer, tempDir } from "@millrace/testkit"
import { atlasConfig, createAtlasTarget } from "../src/index.ts"
import { heldIn } from "./atlas-subject.ts"
import type { FakeEntity } from "./fake-atlas.ts"

let dir: string | undefined
let server: Promise<AtlasServer> | undefined

/** The one server of this test file. */
export function theServer(): Promise<AtlasServer> {
  dir ??= tempDir("atlas")
  server ??= startAtlasServer({ dir })
  return server
}

/** Starts it again, with what it held, at the same port, after it was killed. */
export async function restarted(): Promise<AtlasServer> {
  const { port } = await theServer()
  server = startAtlasServer({ dir: dir ?? "", port })
  return server
}

export function targetFor(atlas: { readonly url: string }, settings: object = {}): StateTarget {
  const auth = { kind: "basic", user: "admin", password: { env: "PASSWORD" } }
  const config = atlasConfig({ kind: "atlas", url: atlas.url, auth, ...settings }, "targets.real")
  return createAtlasTarget("real", config, { clock: systemClock, readSecret: () => "admin" })
}

interface Answer {
  readonly entities?: readonly FakeEntity[]
}

/** Every living entity of a type, or of what derives from it, whose qualified name ends so; read past the target. */
export async function entitiesOf(atlas: AtlasServer, typeName: string, end: string): Promise<readonly FakeEntity[]> {
  const found: FakeEntity[] = []
  for (let offset = 0; ; offset += 100) {
    const entityFilters = { attributeName: "qualifiedName", operator: "endsWith", attributeValue: end }
    const query = { typeName, excludeDeletedEntities: true, entityFilters, limit: 100, offset }
    const page = (await atlas.request("POST", "api/atlas/v2/search/basic", query)).body as Answer
    const hits = (page.entities ?? []).filter(({ attributes }) => String(attributes["qualifiedName"]).endsWith(end))
    if (hits.length > 0) {
      const guids = hits.map(({ guid }) => `guid=${guid}`).join("&")
      const whole = (await atlas.request("GET", `api/atlas/v2/entity/bulk?minExtInfo=true&${guids}`)).body as Answer
      found.push(...(whole.entities ?? []))
    }
    if ((page.entities?.length ?? 0) < 100) return found
  }
}

/** One at a time: what an entity of an answer refers to is in it in short, even where it was asked for itself. */
const ourTypes = ["millrace_table", "millrace_column", "millrace_process", "millrace_record"]

export async function heldBy(atlas: AtlasServer, end: string): Promise<readonly Held[]> {
  const all = await Promise.all(ourTypes.map((typeName) => entitiesOf(atlas, typeName, end)))
  return heldIn(all.flat())
}
