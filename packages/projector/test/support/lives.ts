import { cpSync, existsSync, rmSync } from "node:fs"
import { join } from "node:path"
import type { Store } from "@millrace/store"
import type { Target } from "@millrace/target"
import { type SeededRandom, waitFor } from "@millrace/testkit"
import type { BindingSpec } from "../../src/binding.ts"
import { openProjector, type Projector } from "../../src/projector.ts"
import { View } from "../../src/view/view.ts"
import { Life } from "./life.ts"
import type { MemoryRelay } from "./memory-relay.ts"
import { schema } from "./schema.ts"
import { quick } from "./stage.ts"

export interface LivesOptions {
  readonly folder: string
  readonly store: Store
  readonly stream?: string
  readonly relay: MemoryRelay
  readonly targets: readonly Target[]
  readonly bindings: readonly BindingSpec[]
  readonly random: SeededRandom
  readonly afterCrash: (() => void) | undefined
}

interface Current {
  readonly life: Life
  readonly view: View
  readonly opening: Promise<Projector | undefined>
}

/** One projector after another on the same folder; between two of them the view may be lost or an old copy. */
export class Lives {
  crashes = 0
  readonly #options: LivesOptions
  readonly #viewPath: string
  readonly #copyPath: string
  #current: Current | undefined

  constructor(options: LivesOptions) {
    this.#options = options
    this.#viewPath = join(options.folder, "view")
    this.#copyPath = join(options.folder, "copy")
  }

  get alive(): boolean {
    return this.#current?.life.alive === true
  }

  begin(crashProbability: number): void {
    const { store, stream, relay, targets, bindings, random } = this.#options
    const life = new Life(random, crashProbability)
    const view = View.open(this.#viewPath)
    const opening = openProjector({
      store: life.store(store),
      ...(stream === undefined ? {} : { stream }),
      view: life.view(view),
      relay: relay.port(life.isAlive),
      schema,
      targets: targets.map((target) => life.target(target)),
      bindings,
      limits: quick,
      clock: life.clock(),
      random,
    }).catch((thrown: unknown) => {
      if (life.alive) throw thrown
      return undefined
    })
    opening.catch(() => {})
    this.#current = { life, view, opening }
  }

  /** Ends the present life, if it has not ended yet, and begins the next. */
  async restart(crashProbability: number): Promise<void> {
    await this.end()
    this.begin(crashProbability)
  }

  /** Kills the process where it stands. */
  async end(): Promise<void> {
    const current = this.#current
    this.#current = undefined
    if (current === undefined) return
    if (!current.life.alive) this.crashes++
    current.life.kill()
    await current.life.quiet()
    this.#options.afterCrash?.()
    await current.view.close()
    this.#mistreatView()
  }

  /** Waits until nothing is outstanding and the status documents say so. */
  async settled(workspaces: readonly string[]): Promise<void> {
    const projector = await this.#current?.opening
    const view = this.#current?.view
    const { relay } = this.#options
    const settled = (workspace: string): boolean =>
      projector?.report(workspace).position === relay.head(workspace) &&
      view?.bindingsOf(workspace).every(({ name, target }) => {
        const mark = relay.status(`${workspace}~status`).getMap<{ readonly seq: number }>("watermarks")
        return view.counts(name, workspace).queued === 0 && mark.get(`${target}/${name}`)?.seq === relay.head(workspace)
      }) === true
    await waitFor(() => workspaces.filter((workspace) => relay.head(workspace) > 0).every(settled), {
      what: "everything outstanding to arrive",
      everyMs: 2,
      detail: () => JSON.stringify(workspaces.map((workspace) => projector?.report(workspace))),
    })
  }

  #mistreatView(): void {
    const { random } = this.#options
    const luck = random.float()
    if (luck < 0.1) rmSync(this.#viewPath, { recursive: true })
    else if (luck < 0.25) cpSync(this.#viewPath, this.#copyPath, { recursive: true })
    else if (luck < 0.4 && existsSync(this.#copyPath)) {
      rmSync(this.#viewPath, { recursive: true })
      cpSync(this.#copyPath, this.#viewPath, { recursive: true })
    }
  }
}
