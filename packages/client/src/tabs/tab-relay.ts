import type { TabChannel, Tabs } from "@millrace/indexeddb"
import { asMillraceError, jitteredDelayMs, messageOf, MillraceError, randomId, type Timer } from "@millrace/ports"
import type { Channel, ChannelHandlers, ChannelRequest } from "../relay/channel.ts"
import { syncUrl } from "../relay/live-socket.ts"
import { RelayConnection, type RelayConnectionOptions } from "../relay/relay-connection.ts"
import type { RelayLink, StateWatcher } from "../relay/relay-link.ts"
import type { SocketState } from "../relay/socket-state.ts"
import { ChannelSlots, type Way } from "./channel-slots.ts"
import { GuestLine } from "./guest-line.ts"
import { HostDesk } from "./host-desk.ts"
import { type MemberEvent, type MemberState, nextMemberState } from "./member-state.ts"
import { type GroupMessage, tabProtocol } from "./tab-messages.ts"
import { groupOf, type TokenGroup } from "./token-group.ts"

export interface TabRelayOptions extends RelayConnectionOptions {
  readonly tabs: Tabs
}

const baseDelayMs = 250
const maxDelayMs = 10_000
/** A member asks its leader for a sign of life this often, and waits this long for it. */
const askMs = 5_000
const silentMs = 10_000
/** Members that find a leader silent at once do not all take its place at once. */
const stealSpreadMs = 2_000
/** A token drawn to learn whose it is serves for the connection that follows at once. */
const freshTokenMs = 5_000

/**
 * The relay as all tabs of a browser share it: one of them holds the socket, the others' channels go through it.
 *
 * Tabs share where their tokens speak for the same person with the same grants. A leader that goes is followed by whoever waits for its lock, one that
 * is silent is deposed. Channels through a leader that went are closed with `retry: "now"`, as those of a lost socket are: each begins anew, with counts of
 * its own, so that nothing is taken for acknowledged that was not.
 */
export class TabRelay implements RelayLink {
  readonly #options: TabRelayOptions
  readonly #member: string
  readonly #slots = new ChannelSlots()
  readonly #watchers = new Set<StateWatcher>()
  readonly #life = new AbortController()
  #state: MemberState = "idle"
  #refusal: MillraceError | undefined
  #group: TokenGroup | undefined
  #channel: TabChannel | undefined
  #campaign: AbortController | undefined
  #resign: () => void = () => {}
  #term = ""
  #relay: RelayConnection | undefined
  #desk: HostDesk | undefined
  #line: GuestLine | undefined
  #timer: Timer | undefined
  #attempt = 0
  #asked = false
  /** The leader was silent: its lock is not waited for. */
  #isSuspect = false
  #isAlive: Promise<void> | undefined
  #drawn: { readonly token: string; readonly atMs: number } | undefined

  constructor(options: TabRelayOptions) {
    this.#options = options
    this.#member = randomId(options.random, 16)
  }

  get state(): MemberState {
    return this.#state
  }

  openChannel(request: ChannelRequest, handlers: ChannelHandlers): Channel {
    const refusal = this.#refusal
    if (refusal !== undefined) {
      let isOpen = true
      queueMicrotask(() => isOpen && handlers.closed(refusal))
      return { send: () => {}, close: () => void (isOpen = false) }
    }
    const channel = this.#slots.add(request, handlers, this.#way())
    this.#step("want")
    return channel
  }

  watch(watcher: StateWatcher): () => void {
    this.#watchers.add(watcher)
    return () => void this.#watchers.delete(watcher)
  }

  wake(): void {
    if (this.#state === "pausing") this.#step("timer")
    this.#relay?.wake()
    this.#line?.wake()
  }

  close(): void {
    this.#leave(closedError(), "close")
  }

  #step(event: MemberEvent): void {
    const from = this.#state
    const to = nextMemberState(from, event)
    if (to === from) return
    this.#state = to
    this.#timer?.cancel()
    this.#timer = undefined
    if (from === "leading") this.#stepDown()
    if (from === "following") this.#hangUp()
    if (to === "naming") void this.#learnGroup()
    if (to === "pausing") this.#pause()
    if (to === "seeking") this.#seek()
    if (to === "following") this.#follow()
    if (to === "leading") this.#lead()
  }

  async #learnGroup(): Promise<void> {
    this.#emit("dialing", undefined)
    const { token, clock } = this.#options
    try {
      const text = typeof token === "string" ? token : await token()
      // The socket's address is checked where it is dialled.
      this.#drawn = { token: text, atMs: clock.nowMs() }
      this.#group = groupOf(text)
      this.#isAlive ??= this.#live()
      await this.#isAlive
      if (this.#state === "naming") this.#step("named")
    } catch (thrown) {
      if (this.#state !== "naming") return
      const error = asMillraceError(thrown, "unavailable", "now")
      const isFinal = error.retry === "never" && (error.kind === "unauthenticated" || error.kind === "forbidden")
      if (isFinal) return this.#leave(error, "refuse")
      this.#step("unnamed")
      this.#emit("waiting", noTokenError(thrown))
    }
  }

  /** Resolves once this tab holds the lock by which others see that it lives. */
  #live(): Promise<void> {
    const { tabs } = this.#options
    const { signal } = this.#life
    return new Promise((resolve, reject) => {
      const hold = (): Promise<void> => {
        resolve()
        return new Promise((end) => signal.addEventListener("abort", () => end(), { once: true }))
      }
      tabs
        .lead(lifeOf(this.#member), signal, hold)
        .catch((thrown: unknown) => (isRefused(thrown) ? resolve() : reject(thrown)))
    })
  }

  #pause(): void {
    const delayMs = jitteredDelayMs(this.#options.random, this.#attempt, baseDelayMs, maxDelayMs)
    this.#attempt += 1
    this.#timer = this.#options.clock.after(delayMs, () => this.#step("timer"))
  }

  #seek(): void {
    const { tabs, clock, random } = this.#options
    this.#attempt = 0
    this.#channel ??= tabs.channel(this.#groupName(), (message) => this.#hear(message as GroupMessage))
    this.#run(false)
    this.#channel.post({ kind: "who" } satisfies GroupMessage)
    const spreadMs = Math.floor(random.float() * stealSpreadMs)
    this.#timer = clock.after(this.#isSuspect ? spreadMs : silentMs + spreadMs, () => this.#run(true))
    this.#isSuspect = false
  }

  /** Stands for the lock: in the queue, or at once, taking it from whoever holds it and does not answer. */
  #run(steal: boolean): void {
    this.#campaign?.abort()
    const campaign = new AbortController()
    this.#campaign = campaign
    const isCurrent = (): boolean => this.#campaign === campaign
    const work = (): Promise<void> => {
      if (!isCurrent()) return Promise.resolve()
      return new Promise((resolve) => {
        this.#resign = resolve
        this.#step("elected")
      })
    }
    const over = (thrown?: unknown): void => {
      if (!isCurrent()) return
      // Where there are no locks to be had, each tab has a socket of its own.
      if (isRefused(thrown)) return this.#step("elected")
      this.#campaign = undefined
      this.#step("deposed")
    }
    const lock = `${this.#groupName()} leader`
    this.#options.tabs.lead(lock, campaign.signal, work, { steal }).then(() => over(), over)
  }

  #lead(): void {
    const { tabs, random, clock, log, url, WebSocket } = this.#options
    this.#line?.close()
    this.#line = undefined
    this.#term = randomId(random, 16)
    const relay = new RelayConnection({ url, WebSocket, clock, random, log, token: () => this.#draw() })
    this.#relay = relay
    relay.watch((state, error) => {
      if (relay !== this.#relay) return
      if (state === "refused") this.#leave(error ?? closedError(), "refuse")
      else this.#emit(state, error)
    })
    this.#desk = new HostDesk({ tabs, relay, lineOf: (member) => this.#lineOf(this.#term, member), lifeOf })
    this.#channel?.post({ kind: "lead", term: this.#term } satisfies GroupMessage)
    this.#attachAll()
  }

  /** The token for a connection; one of another person begins another group. */
  async #draw(): Promise<string> {
    const { token, clock } = this.#options
    const drawn = this.#drawn
    this.#drawn = undefined
    if (drawn !== undefined && clock.nowMs() - drawn.atMs < freshTokenMs) return drawn.token
    const text = typeof token === "string" ? token : await token()
    if (groupOf(text).subject !== this.#group?.subject) {
      queueMicrotask(() => this.#step("regroup"))
      throw new MillraceError("The token is another person's now; connecting anew.", {
        kind: "unavailable",
        retry: "now",
      })
    }
    return text
  }

  #stepDown(): void {
    const relay = this.#relay
    this.#relay = undefined
    this.#slots.detachAll(leaderlessError())
    this.#desk?.close()
    this.#desk = undefined
    relay?.close()
    this.#leaveGroup()
  }

  /** Those who follow learn that they need another leader. */
  #leaveGroup(): void {
    this.#channel?.post({ kind: "left", term: this.#term } satisfies GroupMessage)
    this.#channel?.close()
    this.#channel = undefined
    this.#campaign?.abort()
    this.#campaign = undefined
    this.#resign()
  }

  #hear(message: GroupMessage): void {
    if (this.#state === "leading") {
      if (message.kind === "who") this.#channel?.post({ kind: "lead", term: this.#term } satisfies GroupMessage)
      if (message.kind === "join" && message.term === this.#term) this.#desk?.admit(message.member)
      return
    }
    if (message.kind === "lead" && (this.#line === undefined || message.term !== this.#term)) {
      if (this.#state === "following") this.#step("unled")
      if (this.#state === "seeking") this.#join(message.term)
    }
    if (message.kind === "left" && message.term === this.#term && this.#state === "following") this.#step("unled")
  }

  #join(term: string): void {
    this.#line?.close()
    this.#term = term
    const line: GuestLine = new GuestLine({
      tabs: this.#options.tabs,
      name: this.#lineOf(term, this.#member),
      onState: (state, error) => {
        if (line !== this.#line) return
        this.#step("welcomed")
        if (this.#state === "following") this.#emit(state === "idle" ? "dialing" : state, error)
      },
      onLife: () => (this.#asked = false),
    })
    this.#line = line
    this.#channel?.post({ kind: "join", term, member: this.#member } satisfies GroupMessage)
  }

  #hangUp(): void {
    const line = this.#line
    this.#line = undefined
    this.#slots.detachAll(leaderlessError())
    line?.close()
  }

  #follow(): void {
    this.#watchLeader()
    this.#attachAll()
  }

  #watchLeader(): void {
    const { clock } = this.#options
    this.#asked = false
    this.#timer = clock.after(askMs, () => {
      this.#asked = true
      this.#line?.ask()
      this.#timer = clock.after(silentMs, () => {
        if (!this.#asked) return this.#watchLeader()
        this.#isSuspect = true
        this.#step("unled")
      })
    })
  }

  #way(): Way | undefined {
    if (this.#state === "leading") return this.#relay
    return this.#state === "following" ? this.#line : undefined
  }

  #attachAll(): void {
    const way = this.#way()
    if (way !== undefined) this.#slots.attachAll(way)
  }

  #leave(error: MillraceError, event: "refuse" | "close"): void {
    if (this.#state === "closed" || (event === "refuse" && this.#state === "refused")) return
    this.#refusal = error
    this.#slots.endAll(error)
    this.#step(event)
    this.#leaveGroup()
    this.#life.abort()
    this.#emit(event === "refuse" ? "refused" : "closed", error)
  }

  #emit(state: SocketState, error: MillraceError | undefined): void {
    for (const watcher of this.#watchers) watcher(state, error)
  }

  #groupName(): string {
    return `${tabProtocol} ${syncUrl(this.#options.url)} ${this.#group?.name ?? ""}`
  }

  #lineOf(term: string, member: string): string {
    return `${tabProtocol} ${term} ${member}`
  }
}

function lifeOf(member: string): string {
  return `${tabProtocol} ${member}`
}

/** A platform that has locks and gives none to this page, a sandboxed one for instance. */
function isRefused(thrown: unknown): boolean {
  const name = thrown instanceof Object && "name" in thrown ? thrown.name : ""
  return name === "SecurityError" || name === "NotSupportedError" || name === "InvalidStateError"
}

function closedError(): MillraceError {
  return new MillraceError("The connection was closed; open the workspace again.", { kind: "closed" })
}

function leaderlessError(): MillraceError {
  return new MillraceError("The tab that held the connection went; another takes over.", {
    kind: "unavailable",
    retry: "now",
  })
}

function noTokenError(thrown: unknown): MillraceError {
  return new MillraceError(`No token could be had: ${messageOf(thrown)}`, {
    kind: "unavailable",
    retry: "now",
    cause: thrown,
  })
}
