import { expect, test } from "vitest"
import { flumeConfig } from "../src/index.ts"

const url = "http://127.0.0.1:41414/"

test("T43 a configuration of kind and url is enough; the rest has defaults", () => {
  expect(flumeConfig({ kind: "flume", url }, "targets.events")).toEqual({
    kind: "flume",
    urls: [url],
    timeoutMs: 20_000,
    maxBatchChanges: 500,
    maxBatchBytes: 4_000_000,
    maxEventBytes: 8_000_000,
    auth: { kind: "none" },
    tls: {},
  })
  const full = {
    kind: "flume",
    urls: [url, "https://[::1]:8443/flume"],
    timeoutMs: 5000,
    maxBatchChanges: 100,
    maxBatchBytes: 1_000_000,
    maxEventBytes: 500_000,
    auth: { kind: "basic", user: "ann", password: { env: "FLUME_PASSWORD" } },
    tls: { caFile: "/ca.pem", keyPassphrase: { file: "/secret" } },
  }
  expect(flumeConfig(full, "t")).toEqual(full)
  expect(flumeConfig({ kind: "flume", url, auth: { kind: "bearer", token: { file: "/t" } } }, "t").auth).toEqual({
    kind: "bearer",
    token: { file: "/t" },
  })
})

test.each([
  [null, "targets.events must be an object"],
  [{ url }, "targets.events.kind"],
  [{ kind: "atlas", url }, "targets.events.kind"],
  [{ kind: "flume" }, "targets.events needs either url or urls"],
  [{ kind: "flume", url, urls: [url] }, "targets.events needs either url or urls"],
  [{ kind: "flume", urls: [] }, "targets.events.urls"],
  [{ kind: "flume", urls: [url, "x"] }, "targets.events.urls[1]"],
  [{ kind: "flume", url: "localhost:41414" }, "targets.events.url"],
  [{ kind: "flume", url: "file:///etc/passwd" }, "targets.events.url"],
  [{ kind: "flume", url: "http://ann:hunter2@h/" }, "targets.events.url"],
  [{ kind: "flume", url: "http://h/?token=hunter2" }, "targets.events.url"],
  [{ kind: "flume", url, timeoutMs: "1" }, "targets.events.timeoutMs"],
  [{ kind: "flume", url, timeoutMs: 0 }, "targets.events.timeoutMs"],
  [{ kind: "flume", url, maxBatchChanges: 1.5 }, "targets.events.maxBatchChanges"],
  [{ kind: "flume", url, maxEventBytes: 65_000_000 }, "targets.events.maxEventBytes"],
  [{ kind: "flume", url, timeout: 3 }, "targets.events.timeout is not a setting here"],
  [{ kind: "flume", url, auth: "hunter2" }, "targets.events.auth"],
  [{ kind: "flume", url, auth: { kind: "digest" } }, "targets.events.auth.kind"],
  [{ kind: "flume", url, auth: { kind: "basic", user: "", password: { env: "A" } } }, "targets.events.auth.user"],
  [{ kind: "flume", url, auth: { kind: "bearer", token: "hunter2" } }, "targets.events.auth.token"],
  [{ kind: "flume", url, auth: { kind: "none", token: "hunter2" } }, "targets.events.auth.token"],
  [{ kind: "flume", url, tls: { ca: "x" } }, "targets.events.tls.ca"],
  [{ kind: "flume", url, tls: { caFile: 3 } }, "targets.events.tls.caFile"],
])("T43 %j is refused with kind usage, naming the field and no secret", (value, message) => {
  try {
    flumeConfig(value, "targets.events")
    expect.unreachable()
  } catch (error) {
    expect(error).toMatchObject({ kind: "usage", message: expect.stringContaining(message) as string })
    expect(String(error)).not.toContain("hunter2")
  }
})
