/** `unsupported` also stands for pages that are not a secure context. */
export type ShellState = "starting" | "ready" | "update-waiting" | "unsupported" | "failed"

export interface Shell {
  state(): ShellState
  onState(listener: () => void): () => void
  /** Puts a waiting version in force and reloads the page; does nothing when none waits. */
  update(): void
}

export interface ShellHost {
  /** undefined where the browser has no service workers. */
  readonly serviceWorker: ServiceWorkerContainer | undefined
  reload(): void
}

/**
 * Registers the service worker and follows its versions.
 *
 * The first version takes the page over at once; a later one waits for `update`, so that one page never runs files of two
 * versions.
 */
export function registerShell(host: ShellHost, scriptUrl: string): Shell {
  const { serviceWorker } = host
  const listeners = new Set<() => void>()
  let current: ShellState = serviceWorker === undefined ? "unsupported" : "starting"
  let waiting: ServiceWorker | undefined
  let updating = false

  const set = (state: ShellState): void => {
    current = state
    for (const listener of Array.from(listeners)) listener()
  }

  const follow = (registration: ServiceWorkerRegistration): void => {
    const look = (): void => {
      waiting = registration.waiting ?? undefined
      if (waiting !== undefined && registration.active !== null) set("update-waiting")
      else if (registration.active !== null) set("ready")
    }
    const watch = (worker: ServiceWorker | null): void => worker?.addEventListener("statechange", look)
    watch(registration.installing)
    watch(registration.waiting)
    watch(registration.active)
    registration.addEventListener("updatefound", () => watch(registration.installing))
    look()
  }

  if (serviceWorker !== undefined) {
    serviceWorker.addEventListener("controllerchange", () => {
      if (updating) host.reload()
    })
    serviceWorker.register(scriptUrl, { updateViaCache: "none" }).then(follow, () => {
      // Without a server the registration in force stays and serves; it only cannot be renewed now.
      if (serviceWorker.controller === null) set("failed")
      else set("ready")
    })
  }

  return {
    state: () => current,
    onState: (listener) => {
      const entry = (): void => listener()
      listeners.add(entry)
      return () => void listeners.delete(entry)
    },
    update: () => {
      if (waiting === undefined) return
      updating = true
      waiting.postMessage("activate")
    },
  }
}
