import { join } from "node:path"
import { seededRandom, tempDir } from "@millrace/testkit"
import { endByKill } from "../src/relay/kills.ts"
import { CuttableDisk } from "../src/relay/disk.ts"
import { type LivesOptions, type LivesOutcome, runLives } from "../src/relay/lives.ts"
import { endByPowerCut } from "../src/relay/power-cuts.ts"
import { makeRelayHome } from "../src/relay/relay-process.ts"

type Extra = Pick<LivesOptions, "plant" | "through">

/** Lives that end by SIGKILL, on a folder of the test's own. */
export function killedLives(rounds: number, extra: Extra = {}): Promise<LivesOutcome> {
  const folder = tempDir("soak")
  const home = makeRelayHome(join(folder, "home"))
  const dataDir = join(folder, "data")
  return runLives({
    name: "kills",
    rounds,
    random: seededRandom(),
    home,
    dataDir,
    notesFolder: join(folder, "notes"),
    end: endByKill,
    ...extra,
  })
}

/** Lives that end by a power cut, on a disk of the test's own. */
export async function cutLives(rounds: number, extra: Extra = {}): Promise<LivesOutcome> {
  const folder = tempDir("soak")
  const home = makeRelayHome(join(folder, "home"))
  const disk = await CuttableDisk.make(join(folder, "disk"))
  try {
    const dataDir = join(disk.mountPoint, "data")
    return await runLives({
      name: "power cuts",
      rounds,
      random: seededRandom(),
      home,
      dataDir,
      notesFolder: join(folder, "notes"),
      end: endByPowerCut(disk),
      ...extra,
    })
  } finally {
    await disk.remove()
  }
}
