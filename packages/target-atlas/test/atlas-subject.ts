import { systemClock } from "@millrace/ports"
import type { Held, Subject } from "@millrace/target/suite"
import { sortedJson } from "@millrace/target"
import type { ScriptedRequest } from "@millrace/testkit"
import { atlasConfig, createAtlasTarget } from "../src/index.ts"
import { type FakeEntity, startFakeAtlas } from "./fake-atlas.ts"

/** The records in entities of ours, read past the target. */
export function heldIn(
  entities: readonly Pick<FakeEntity, "status" | "attributes" | "customAttributes">[],
): readonly Held[] {
  return entities
    .filter((one) => one.status === "ACTIVE" && one.customAttributes?.["millrace_event"] !== undefined)
    .map(({ attributes, customAttributes }) => ({
      eventId: customAttributes["millrace_event"] ?? "",
      collection: customAttributes["millrace_collection"] ?? "",
      id: String(attributes["millraceId"]),
      version: Number(customAttributes["millrace_version"]),
      after: sortedJson(JSON.parse(String(attributes["millraceRecord"]))),
    }))
}

const isBulk = ({ method, url }: ScriptedRequest): boolean => method === "POST" && url === "/api/atlas/v2/entity/bulk"

export async function fakeSubject(options: { readonly timeoutMs?: number }): Promise<Subject> {
  const atlas = await startFakeAtlas()
  const { server, entities } = atlas
  const config = atlasConfig({ kind: "atlas", url: server.url, ...options }, "targets.fake")
  return {
    target: createAtlasTarget("fake", config, { clock: systemClock }),
    held: () => Promise.resolve(heldIn(entities)),
    die: () => server.kill(),
    revive: () => server.revive(),
    http: {
      refuseNext: (answer) => server.script({ only: isBulk, answer }),
      hangNextAfterApply: () => server.script({ only: isBulk, hang: "after" }),
      dropNextAfterApply: () => server.script({ only: isBulk, drop: "after" }),
      delayNext: (delayMs) => server.script({ delayMs }),
    },
    world: {
      edit: (_collection, id, name) => {
        for (const entity of entities) if (entity.attributes["millraceId"] === id) entity.attributes["name"] = name
        return Promise.resolve()
      },
      cutNextListing: () => {
        const isRead = ({ method, url }: ScriptedRequest): boolean => method === "GET" && url.includes("/entity/bulk?")
        const answer = { status: 200, headers: { "content-length": "5000" }, body: '{"entities":[' }
        server.script({ only: isRead, answer, cutBody: true })
        return Promise.resolve()
      },
      normalise: () => {
        atlas.normalise = (text) => text.trim()
      },
      addDefault: () => {
        atlas.defaults = { description: null, createTime: 0, retention: 0, userDescription: "made by the server" }
      },
    },
    dispose: () => server.stop(),
  }
}
