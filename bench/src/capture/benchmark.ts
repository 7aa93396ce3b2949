import { mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { launchBrowser } from "@millrace/testkit"
import type { Page } from "playwright-core"
import { build } from "vite"
import { judged, type Row, rounded } from "../row.ts"
import { median } from "../stats.ts"
import type { How, Work } from "./page.ts"

declare const bench: {
  measure(how: How, work: Work, count: number): Promise<{ readonly fresh: number; readonly again: number }>
  told(count: number): Promise<number>
}

export interface CaptureBenchOptions {
  /** Of each case; a third of them, at most 2,000, where each is a transaction. */
  readonly puts: number
  readonly runs: number
  readonly folder: string
  readonly say: (text: string) => void
}

const works: readonly Work[] = ["idb, one transaction", "Dexie, one transaction", "idb, one each", "Dexie, one each"]
const hows: readonly How[] = ["bare", "keys", "images"]
const goals: Readonly<Record<string, Readonly<Record<"keys" | "images", string>>>> = {
  "one transaction": { keys: "<=1.1", images: "<=1.6" },
  "one each": { keys: "<=1.35", images: "<=1.5" },
}

/** Puts through idb and Dexie in Chromium on disk, captured beside bare, each run beginning with another way. */
export async function benchCapture({ puts, runs, folder, say }: CaptureBenchOptions): Promise<readonly Row[]> {
  const profileDir = mkdtempSync(join(folder, "capture-"))
  const served = await serve(join(import.meta.dirname, "page.ts"))
  const browser = await launchBrowser({ profileDir })
  try {
    const page = await browser.newPage()
    await page.goto(served.address)
    await page.waitForFunction(() => "bench" in globalThis)
    const rows: Row[] = []
    for (const work of works) rows.push(...(await compare(page, work, puts, runs, say)))
    const told = median(await repeat(runs, () => page.evaluate((count) => bench.told(count), puts)))
    rows.push(
      judged({
        name: `${puts} rows told as changes`,
        peer: "none",
        unit: "ms",
        ours: rounded(told),
        theirs: null,
        goal: null,
      }),
    )
    return rows
  } finally {
    await browser.close()
    served.close()
    rmSync(profileDir, { recursive: true, force: true })
  }
}

async function compare(
  page: Page,
  work: Work,
  puts: number,
  runs: number,
  say: (text: string) => void,
): Promise<Row[]> {
  const kind = work.split(", ")[1] ?? ""
  const count = kind === "one each" ? Math.min(2_000, Math.ceil(puts / 3)) : puts
  const times = new Map<string, number[]>()
  // The first of all warms the page up and is not counted.
  await page.evaluate(([work]) => bench.measure("bare", work, 200), [work] as const)
  for (let run = 0; run < runs; run += 1) {
    for (let turn = 0; turn < hows.length; turn += 1) {
      const how = hows[(turn + run) % hows.length] ?? "bare"
      const measured = await page.evaluate(([how, work, count]) => bench.measure(how, work, count), [
        how,
        work,
        count,
      ] as const)
      for (const part of ["fresh", "again"] as const) {
        const key = `${how} ${part}`
        times.set(key, [...(times.get(key) ?? []), measured[part]])
      }
      say(`${work}, ${how}: ${rounded(measured.fresh)} ms new, ${rounded(measured.again)} ms again`)
    }
  }
  const middle = (key: string): number => rounded(median(times.get(key) ?? []))
  return (["keys", "images"] as const).flatMap((how) =>
    (["fresh", "again"] as const).map((part) =>
      judged({
        name: `${count} puts by ${work}, ${part === "fresh" ? "new rows" : "written again"}, ${how === "keys" ? "keys only" : "before-images"}`,
        peer: "bare IndexedDB",
        unit: "ms",
        ours: middle(`${how} ${part}`),
        theirs: middle(`bare ${part}`),
        goal: goals[kind]?.[how] ?? null,
      }),
    ),
  )
}

async function repeat(runs: number, work: () => Promise<number>): Promise<readonly number[]> {
  const times: number[] = []
  for (let run = 0; run < runs; run += 1) times.push(await work())
  return times
}

async function serve(script: string): Promise<{ readonly address: string; close(): void }> {
  const built = await build({
    configFile: false,
    logLevel: "error",
    resolve: { conditions: ["source", "module", "browser"], dedupe: ["yjs", "lib0"] },
    build: { write: false, target: "es2022", rolldownOptions: { input: script } },
  })
  const outputs = [built].flat().flatMap((each) => ("output" in each ? each.output : []))
  const code = outputs.find((each) => each.type === "chunk" && each.isEntry)
  if (code?.type !== "chunk") throw new Error(`${script} gave no script.`)
  const server = createServer((request, response) => {
    const isScript = request.url === "/page.js"
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html")
    response.end(
      isScript ? code.code : `<!doctype html><title>bench</title><script type="module" src="/page.js"></script>`,
    )
  })
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve))
  const close = (): void => {
    server.closeAllConnections()
    server.close()
  }
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, close }
}
