/**
 * Who may import whom, in the order in which a change travels.
 *
 * The one table: package.json files, TypeScript references, the root tsconfig and the vitest workspace are
 * compared with it by layers.test.ts.
 */
export const layers: Readonly<Record<string, readonly string[]>> = {
  "packages/ports": [],
  "packages/model": ["ports"],
  "packages/indexeddb": ["model", "ports"],
  "packages/protocol": ["ports"],
  "packages/client": ["indexeddb", "model", "ports", "protocol"],
  "packages/store": ["ports"],
  "packages/relay": ["ports", "protocol", "store"],
  "packages/target": ["model", "ports"],
  "packages/target-files": ["model", "ports", "target"],
  "packages/target-flume": ["model", "ports", "target"],
  "packages/target-atlas": ["model", "ports", "target"],
  "packages/projector": ["client", "model", "ports", "store", "target"],
  "packages/workspace": ["model", "ports"],
  "packages/target-oozie": ["model", "ports", "target", "workspace"],
  "packages/config": ["ports"],
  "packages/telemetry": ["ports"],
  "packages/testkit": ["client", "model", "ports", "protocol", "relay", "store", "target"],
  "apps/relay": ["config", "ports", "protocol", "relay", "store", "telemetry"],
  "apps/projector": [
    "client",
    "config",
    "model",
    "ports",
    "projector",
    "relay",
    "store",
    "target",
    "target-atlas",
    "target-files",
    "target-flume",
    "target-oozie",
    "telemetry",
    "workspace",
  ],
  "apps/web": ["client", "model", "ports", "workspace"],
  "apps/millrace": ["client", "config", "model", "ports", "protocol", "relay", "store", "target-oozie", "workspace"],
  bench: ["client", "model", "ports", "protocol", "relay", "target", "target-atlas", "target-flume", "testkit"],
}
