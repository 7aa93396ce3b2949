import type { Ask, AtlasClient } from "./client.ts"
import { type AtlasEntity, textOf } from "./entity.ts"
import { isLater, revisionOf } from "./revision.ts"
import { findNamed } from "./search.ts"
import type { Step } from "./step.ts"

/**
 * Of steps whose records Atlas does not hold, those that were overtaken by a deletion of ours.
 *
 * Atlas keeps what was deleted, with our mark on it. What somebody else deleted bears the mark of the version before, and
 * may be made again.
 */
export async function overtakenByDeletion(
  client: AtlasClient,
  steps: readonly Step[],
  ask: Ask,
): Promise<ReadonlySet<Step>> {
  // A first version has no deletion before it.
  const doubtful = steps.filter(({ change }) => change.version > 1)
  const overtaken = new Set<Step>()
  for (const typeName of new Set(doubtful.map(({ own }) => own.typeName))) {
    const some = doubtful.filter(({ own }) => own.typeName === typeName)
    const names = some.map(({ name }) => name)
    const hits = (await findNamed(client, typeName, names, ask)).filter(({ status }) => status === "DELETED")
    const entities = await client.byGuid(
      hits.map(({ guid }) => guid),
      ask,
    )
    for (const step of some) {
      const revisions = entities
        .filter((entity) => entity.attributes["qualifiedName"] === step.name)
        .map(revisionOf)
        .filter((revision) => revision !== undefined)
      if (revisions.some((revision) => isLater(revision, step.change))) overtaken.add(step)
    }
  }
  return overtaken
}

/** Names whose creation was sent and not answered; Atlas may then hold two of them. */
export class Suspects {
  readonly #names = new Map<string, Set<string>>()

  add(typeName: string, name: string): void {
    const names = this.#names.get(typeName) ?? new Set<string>()
    if (names.size < 10_000) names.add(name)
    this.#names.set(typeName, names)
  }

  /** Deletes what a creation that went on unheard left beside the entities that now hold the records. */
  async clear(client: AtlasClient, held: readonly AtlasEntity[], ask: Ask): Promise<void> {
    const nameOf = (entity: AtlasEntity): string => textOf(entity.attributes["qualifiedName"])
    for (const [typeName, names] of this.#names) {
      const keep = new Map(
        held
          .filter((entity) => entity.typeName === typeName && names.has(nameOf(entity)))
          .map((entity) => [nameOf(entity), entity.guid]),
      )
      if (keep.size === 0) continue
      const hits = await findNamed(client, typeName, [...keep.keys()], ask)
      const extra = hits.filter(
        (hit) => hit.typeName === typeName && hit.status === "ACTIVE" && keep.get(hit.qualifiedName) !== hit.guid,
      )
      if (extra.length > 0) {
        await client.send("DELETE", "v2/entity/bulk", ask, undefined, { guid: extra.map(({ guid }) => guid) })
      }
      for (const name of keep.keys()) names.delete(name)
      if (names.size === 0) this.#names.delete(typeName)
    }
  }
}
