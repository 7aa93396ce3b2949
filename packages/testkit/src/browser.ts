import { accessSync, constants, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs"
import { delimiter, join } from "node:path"
import type { BrowserContext, Page } from "playwright-core"
import { atEndOfTests } from "./cleanup.ts"
import { groupLives, guardGroup, processState, signalGroup } from "./guardian.ts"
import { waitFor } from "./wait-for.ts"

export interface BrowserOptions {
  /** Folder of the profile: what a page stores there is there again at the next launch with the same folder. */
  readonly profileDir: string
  /** Default true. */
  readonly headless?: boolean
  /** Default 1280 x 800. */
  readonly viewport?: { readonly width: number; readonly height: number }
  /** More switches for Chromium. */
  readonly args?: readonly string[]
}

export interface TestBrowser {
  readonly context: BrowserContext
  /** The browser's main process and process group. */
  readonly pid: number
  newPage(): Promise<Page>
  /** Cuts, or restores, what pages and workers of this browser ask of the network, WebSockets included. */
  setOffline(offline: boolean): Promise<void>
  /** Ends it as a user would: stored data is flushed. Idempotent. */
  close(): Promise<void>
  /** SIGKILL to every process of the browser, as a crash or the power switch would; resolves when all are gone. */
  kill(): Promise<void>
}

/** Without these a start as root fails, and every start asks hosts that a test must not need. */
const switches = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
]

/** Chromium's path: MILLRACE_CHROMIUM, else the system's; undefined where there is none. */
export function findChromium(): string | undefined {
  const given = process.env["MILLRACE_CHROMIUM"]
  if (given !== undefined && given !== "") return given
  const folders = ["/usr/bin", ...(process.env["PATH"] ?? "").split(delimiter)]
  const names = ["chromium", "chromium-browser", "google-chrome"]
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find(isProgram)
}

/**
 * Starts the system's Chromium on a profile on disk.
 *
 * It is killed at the end of the test file, or when the test worker dies. One browser a profile at a time.
 */
export async function launchBrowser(options: BrowserOptions): Promise<TestBrowser> {
  const executablePath = findChromium()
  if (executablePath === undefined) {
    throw new Error("No Chromium found: install the package chromium, or name a program in MILLRACE_CHROMIUM.")
  }
  mkdirSync(options.profileDir, { recursive: true })
  // Loaded here, because few of the tests that import this package need it.
  const { chromium } = await import("playwright-core")
  const context = await chromium.launchPersistentContext(options.profileDir, {
    executablePath,
    headless: options.headless ?? true,
    viewport: options.viewport ?? { width: 1280, height: 800 },
    args: [...switches, ...(options.args ?? [])],
  })
  const pid = mainProcess(options.profileDir)
  const release = guardGroup(pid)
  const forget = atEndOfTests(() => kill())
  let closed: Promise<void> | undefined

  async function gone(): Promise<void> {
    await waitFor(() => !groupLives(pid), { what: `Chromium's process group ${pid} to end` })
    release()
    forget()
  }

  async function kill(): Promise<void> {
    signalGroup(pid, "SIGKILL")
    await gone()
    // Playwright notices by itself; its promise would otherwise stay behind.
    await context.close().catch(() => {})
  }

  return {
    context,
    pid,
    newPage: () => context.newPage(),
    setOffline: (offline) => context.setOffline(offline),
    close: () => (closed ??= context.close().then(gone)),
    kill,
  }
}

/** The process that owns `profileDir`: the one that names it and is no helper of another. */
function mainProcess(profileDir: string): number {
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue
    const words = commandLine(entry)
    if (words.includes(`--user-data-dir=${profileDir}`) && !words.some((word) => word.startsWith("--type="))) {
      // A wrapper script may stand before it: the group's leader is who Playwright started.
      return processState(entry)?.group ?? Number(entry)
    }
  }
  throw new Error(`Chromium started, but no process names the profile ${profileDir}.`)
}

function commandLine(pid: string): readonly string[] {
  try {
    return readFileSync(join("/proc", pid, "cmdline"), "utf8").split("\0")
  } catch {
    return []
  }
}

function isProgram(path: string): boolean {
  if (!existsSync(path)) return false
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
