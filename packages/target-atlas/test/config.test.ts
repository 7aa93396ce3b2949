import { expect, test } from "vitest"
import { atlasConfig, defaultMapping } from "../src/index.ts"

const url = "http://127.0.0.1:21000/"

test("T220 defaults are filled in, and a collection's settings come on top of those of package workspace", () => {
  expect(atlasConfig({ kind: "atlas", url }, "targets.t")).toMatchObject({
    urls: [url],
    timeoutMs: 60_000,
    maxBatchChanges: 200,
    entitiesPerRequest: 50,
    auth: { kind: "none" },
    mapping: defaultMapping,
  })
  const { mapping } = atlasConfig(
    {
      kind: "atlas",
      url,
      collections: {
        datasets: { typeName: "our_table", fields: { rank: "int", owner: { attribute: "steward", type: "string" } } },
        reports: { superType: "Asset" },
      },
      classifications: { PII: { level: "int" } },
      businessMetadata: { ops: { tier: "string" } },
    },
    "targets.t",
  )
  const { datasets, reports } = mapping.collections
  expect(datasets).toMatchObject({ typeName: "our_table", superType: "hive_table", role: "table" })
  expect(datasets?.fields).toContainEqual({ field: "rank", attribute: "rank", type: "int" })
  expect(datasets?.fields).toContainEqual({ field: "owner", attribute: "steward", type: "string" })
  expect(datasets?.fields).toHaveLength((defaultMapping.collections["datasets"]?.fields.length ?? 0) + 1)
  expect(reports).toMatchObject({ typeName: "millrace_reports", superType: "Asset", role: "record" })
})

test.each([
  [null, "targets.t must be an object"],
  [{ kind: "flume", url }, "targets.t.kind"],
  [{ kind: "atlas" }, "targets.t needs either url or urls"],
  [{ kind: "atlas", url: "http://ann:hunter2@h/" }, "targets.t.url"],
  [{ kind: "atlas", url, name: "x" }, "targets.t.name is not a setting here"],
  [{ kind: "atlas", url, namespace: "a@b" }, "targets.t.namespace"],
  [{ kind: "atlas", url, namespace: "" }, "targets.t.namespace"],
  [{ kind: "atlas", url, timeoutMs: 1 }, "targets.t.timeoutMs"],
  [{ kind: "atlas", url, maxBatchChanges: 5000 }, "targets.t.maxBatchChanges"],
  [{ kind: "atlas", url, entitiesPerRequest: 1000 }, "targets.t.entitiesPerRequest"],
  [{ kind: "atlas", url, auth: { kind: "basic", user: "a", password: "hunter2" } }, "targets.t.auth.password"],
  [{ kind: "atlas", url, collections: [] }, "targets.t.collections must be an object"],
  [{ kind: "atlas", url, collections: { datasets: { type: "x" } } }, "targets.t.collections.datasets.type"],
  [{ kind: "atlas", url, collections: { datasets: { typeName: "9x" } } }, "targets.t.collections.datasets.typeName"],
  [
    { kind: "atlas", url, collections: { datasets: { typeName: "millrace_column" } } },
    'targets.t.collections gives two collections the type "millrace_column"',
  ],
  [
    { kind: "atlas", url, collections: { datasets: { fields: { rank: "number" } } } },
    "targets.t.collections.datasets.fields.rank must be one of string",
  ],
  [
    { kind: "atlas", url, collections: { datasets: { fields: { rank: { type: "int", attribute: "name" } } } } },
    'targets.t.collections.datasets.fields puts two fields into the attribute "name"',
  ],
  [
    { kind: "atlas", url, collections: { datasets: { fields: { rank: { type: "int", attribute: "db" } } } } },
    "targets.t.collections.datasets.fields.rank.attribute",
  ],
  [{ kind: "atlas", url, classifications: { PII: { level: "json" } } }, "targets.t.classifications.PII.level"],
  [{ kind: "atlas", url, businessMetadata: { "9": {} } }, "targets.t.businessMetadata.9"],
])("T220 %j is refused with kind usage, naming the field and no secret", (value, message) => {
  try {
    atlasConfig(value, "targets.t")
    expect.unreachable()
  } catch (error) {
    expect(error).toMatchObject({ kind: "usage", message: expect.stringContaining(message) as string })
    expect(String(error)).not.toContain("hunter2")
  }
})
