import type { Mirror, MirrorEvent, StatusSnapshot, StorageFault } from "@millrace/indexeddb"
import {
  type Collection,
  type InputRecordOf,
  openRecords,
  type RecordOf,
  type Records,
  redrawReservedClientId,
  type Schema,
  type Unsent,
} from "@millrace/model"
import { type MillraceError, randomId } from "@millrace/ports"
import { formatWorkspaceRef, parseWorkspaceRef } from "@millrace/protocol"
import type { Awareness } from "y-protocols/awareness"
import * as Y from "yjs"
import type {
  CollectionName,
  LostValue,
  RecordRef,
  RecordStatus,
  StorageReport,
  Unsubscribe,
  Workspace,
  WorkspaceCollection,
  WorkspaceStatus,
  WriteHandle,
} from "../api.ts"
import { DocLink } from "../link/doc-link.ts"
import type { WorkspaceOptions } from "../options.ts"
import type { WorkspacePorts } from "../platform.ts"
import { leaseRelay, type RelayLease } from "../relay/shared-relay.ts"
import { AckLedger } from "../status/ack-ledger.ts"
import type { DocExchange } from "../tabs/doc-exchange.ts"
import { keyOf, type RecordKey } from "../status/record-key.ts"
import { reopen } from "../status/reopen.ts"
import { type BookListener, StatusBook } from "../status/status-book.ts"
import { StatusKeeper } from "../status/status-keeper.ts"
import { StatusView } from "../status/status-view.ts"
import { mustBeSent, storageReport, wipeCopy } from "./browser-storage.ts"
import { CaughtUpWaits } from "./caught-up-waits.ts"
import { lossOf } from "./kept-mark.ts"
import { LocalCopy } from "./local-copy.ts"
import { LostValues } from "./lost-values.ts"
import { openExchange } from "./open-exchange.ts"
import { Outcomes } from "./outcomes.ts"
import { closedError, Told } from "./told.ts"
import { noTouches, plainLedger } from "../link/plain-ledger.ts"
import { SessionNotes } from "./session-notes.ts"
import { mustMirror, openMirror } from "./workspace-mirror.ts"
import { WriteCollection } from "./write-collection.ts"
import { Writes } from "./writes.ts"

/** The one implementation of `Workspace`; see there. */
export class LocalWorkspace<S extends Schema> implements Workspace<S>, BookListener {
  readonly name: string
  readonly doc: Y.Doc = new Y.Doc()
  readonly records: Records<S>
  readonly ready: Promise<void>
  readonly mirror: Mirror | undefined
  readonly #ports: WorkspacePorts
  readonly #statusDoc = new Y.Doc()
  readonly #lease: RelayLease
  readonly #book: StatusBook
  readonly #ledger: AckLedger
  readonly #outcomes: Outcomes
  readonly #writes: Writes
  readonly #copy: LocalCopy | undefined
  readonly #keeper: StatusKeeper | undefined
  readonly #notes: SessionNotes
  readonly #lost: LostValues
  readonly #refs: { readonly ref: string; readonly statusRef: string }
  readonly #exchange: DocExchange | undefined
  readonly #link: DocLink
  readonly #statusLink: DocLink
  readonly #unwake: () => void
  readonly #told: Told
  #storageError: MillraceError | undefined
  #generation = 0
  readonly #caughtUp = new CaughtUpWaits(() => this.status)
  #closing: Promise<void> | undefined

  constructor(options: WorkspaceOptions<S>, ports: WorkspacePorts) {
    const { platform, clock, random, log } = ports
    const { name } = parseWorkspaceRef(options.name)
    const generation = options.generation ?? 1
    const ref = formatWorkspaceRef({ name, status: false, generation })
    const statusRef = formatWorkspaceRef({ name, status: true, generation })
    this.name = name
    this.#refs = { ref, statusRef }
    this.#ports = ports
    redrawReservedClientId(this.doc, random)
    this.records = openRecords(this.doc, options.schema, { clock, random })
    this.#told = new Told(name, log, () => this.status)
    const view = new StatusView(this.#statusDoc, ({ watermarks, exceptions }) => {
      if (watermarks) this.#book.setBindings(view.bindings())
      for (const key of exceptions) this.#book.exceptionChanged(key)
      this.#outcomes.look()
      this.#told.status.trigger()
    })
    this.#book = new StatusBook(view, this)
    this.#ledger = new AckLedger(this.#book)
    this.#outcomes = new Outcomes(this.#book)
    // The copy listens before the link: an update is queued for the disk before it is sent.
    this.#copy =
      platform.indexedDB &&
      new LocalCopy({
        indexedDB: platform.indexedDB,
        workspace: ref,
        statusWorkspace: statusRef,
        doc: this.doc,
        statusDoc: this.#statusDoc,
        clock,
        random,
        onFault: (fault) => this.#storageFault(fault),
        onStored: (stored) => {
          this.#keeper?.stored(stored)
          this.mirror?.stored(stored)
        },
      })
    this.mirror = openMirror({
      wanted: options.mirror ?? false,
      copy: this.#copy,
      indexedDB: platform.indexedDB,
      tabs: platform.tabs,
      workspace: ref,
      records: this.records as unknown as Records,
      clock,
      log: () => ({ seq: this.#ledger.seq, generation: this.#generation }),
      onFault: this.#told.fault,
    })
    const session = randomId(random, 8)
    this.#keeper =
      this.#copy &&
      new StatusKeeper({
        store: this.#copy.status,
        book: this.#book,
        clock,
        session,
        position: () => ({ seq: this.#ledger.seq, generation: this.#generation }),
        exists: (collection, id) => this.records.collection(collection).has(id),
        ids: (collection) => this.records.collection(collection).ids(),
      })
    this.#lease = leaseRelay({
      url: options.url,
      token: options.token,
      WebSocket: platform.WebSocket,
      tabs: platform.tabs,
      clock,
      random,
      log,
    })
    const common = { relay: this.#lease.relay, platform, clock, generation: 0, onChange: () => this.#linkChanged() }
    this.#link = new DocLink({
      ...common,
      workspace: ref,
      doc: this.doc,
      ledger: this.#ledger,
      touchedIn: (transaction) =>
        this.records.touchedIn(transaction).map(({ collection, id }) => keyOf(collection, id)),
      isKnown: (origin) => this.#copy?.isKnown(origin) ?? false,
      onHeld: (held) => this.#notes.holds(held),
      onUpdate: (keys, local) => {
        if (local) {
          this.#notes.wrote()
          this.#writes.updated(keys)
        }
        this.#told.status.trigger()
      },
    })
    this.#statusLink = new DocLink({
      ...common,
      workspace: statusRef,
      doc: this.#statusDoc,
      ledger: plainLedger(),
      touchedIn: noTouches,
      isKnown: (origin) => this.#copy?.statusUpdates.isOwnOrigin(origin) ?? false,
    })
    this.#exchange = openExchange({
      tabs: platform.tabs,
      name: ref,
      doc: this.doc,
      session,
      updates: this.#copy?.updates,
      isRemote: (origin) => this.#link.isRemote(origin),
      onWipe: () => void this.close(),
      onFault: this.#told.fault,
    })
    this.#writes = new Writes(this.doc, this.#ledger, this.#outcomes, {
      stored: () => this.#copy?.updates.stored(),
      mayWrite: () => this.status.permission !== "read",
    })
    this.#notes = new SessionNotes({
      doc: this.doc,
      clock,
      updates: this.#copy?.updates,
      isSettled: () => this.#link.caughtUp && this.#ledger.settled,
    })
    this.#lost = new LostValues(
      this.records as unknown as Records,
      (client) => this.#notes.isOwnClient(client),
      this.#told.bug,
    )
    this.#unwake = platform.onWake(() => this.#lease.relay.wake())
    this.ready = this.#load(view)
    this.ready.catch(() => {})
  }

  collection<N extends CollectionName<S>>(name: N): WorkspaceCollection<RecordOf<S, N>, InputRecordOf<S, N>> {
    const collection = this.records.collection(name) as unknown as Collection<RecordOf<S, N>, InputRecordOf<S, N>>
    return new WriteCollection(collection, this.#writes)
  }

  transact(write: () => void): WriteHandle {
    return this.#writes.run(() => this.records.transact(write), undefined)
  }

  get status(): WorkspaceStatus {
    const link = this.#link
    return {
      connection: link.state,
      permission: link.permission ?? this.#notes.permission,
      waiting: this.#book.waiting,
      seq: this.#ledger.seq,
      generation: this.#generation,
      catchingUp: link.catchingUp,
      caughtUp: link.caughtUp,
      storage: this.#copy?.state ?? "memory",
      lastError: link.error ?? this.#storageError ?? this.#statusLink.error,
      bindings: this.#book.bindings,
    }
  }

  get awareness(): Awareness {
    return this.#link.awareness
  }

  recordStatus(collection: string, id: string): RecordStatus {
    return this.#book.statusOf(collection, id)
  }

  onStatus(listener: (status: WorkspaceStatus) => void): Unsubscribe {
    return this.#told.status.add(listener)
  }

  onRecordStatus(listener: (changed: readonly RecordRef[] | undefined) => void): Unsubscribe {
    return this.#told.records.add(listener)
  }

  async database(): Promise<IDBDatabase> {
    return await mustMirror(this.mirror).database()
  }

  changes(listener: (events: readonly MirrorEvent[]) => void, options?: { readonly after?: number }): Unsubscribe {
    return mustMirror(this.mirror).onChanges(listener, options)
  }

  caughtUp(): Promise<void> {
    return this.#caughtUp.wait()
  }

  unsent(): Unsent {
    this.#notes.settle()
    return this.records.unsentSince({ stateVector: this.#notes.known })
  }

  lost(): readonly LostValue[] {
    return this.#lost.list()
  }

  onLost(listener: (lost: readonly LostValue[]) => void): Unsubscribe {
    return this.#lost.add(listener)
  }

  async storage({ persist = false }: { readonly persist?: boolean } = {}): Promise<StorageReport> {
    return await storageReport(persist)
  }

  async wipe({ evenUnsent = false }: { readonly evenUnsent?: boolean } = {}): Promise<void> {
    await this.ready.catch(() => {})
    if (!evenUnsent) mustBeSent(this.#book.waiting)
    this.#exchange?.wipe()
    await this.close()
    await wipeCopy(this.#ports.platform, this.#refs)
  }

  onFault(listener: (fault: MillraceError) => void): Unsubscribe {
    return this.#told.onFault(listener)
  }

  async refresh(): Promise<void> {
    await this.#copy?.updates.readOn()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** @internal For the book. */
  recordChanged(key: RecordKey): void {
    this.#keeper?.recordChanged(key)
    this.#told.records.one(key)
  }

  /** @internal For the book. */
  collectionChanged(collection: string): void {
    this.#keeper?.collectionChanged(collection)
    this.#told.records.any()
  }

  async #load(view: StatusView): Promise<void> {
    const copy = this.#copy
    let generation = 0
    let statusGeneration = 0
    let isKnown = false
    try {
      if (copy !== undefined) {
        const snapshot = await copy.readStatus(this.#told.storage)
        if (snapshot !== undefined) this.#restore(snapshot)
        this.mirror?.expect(snapshot?.mirror)
        const report = await copy.load(snapshot, this.mirror?.boundary)
        isKnown = true
        this.#notes.restore(report.notes)
        const loss = lossOf(report, snapshot, this.#ports.platform.marks, this.#refs.ref)
        if (loss !== undefined) this.#storageFault(loss)
        generation = report.generation
        statusGeneration = (await copy.statusUpdates.load(undefined)).generation
      }
    } finally {
      // Without its local copy a workspace lives on the relay's.
      if (this.#closing === undefined) {
        this.#setGeneration(generation)
        this.#book.setBindings(view.bindings())
        this.#book.restored()
        this.#link.start(generation, this.#notes.held)
        this.#exchange?.start()
        this.#statusLink.start(statusGeneration)
        this.mirror?.start(isKnown)
      }
      this.#told.status.trigger()
    }
  }

  #restore(snapshot: StatusSnapshot): void {
    this.#keeper?.restore(snapshot)
    this.#book.restore(snapshot)
    reopen(this.#ledger, snapshot)
  }

  #linkChanged(): void {
    this.#notes.permitted(this.#link.permission)
    this.#notes.acknowledged()
    this.#caughtUp.look()
    this.#setGeneration(this.#link.generation)
    const { generation } = this.#statusLink
    if (generation !== this.#copy?.statusUpdates.generation) this.#copy?.statusUpdates.setGeneration(generation)
    this.#told.status.trigger()
  }

  #setGeneration(generation: number): void {
    if (generation === 0 || generation === this.#generation) return
    this.#generation = generation
    this.#book.setGeneration(generation)
    this.#copy?.updates.setGeneration(generation)
    this.#keeper?.changed()
  }

  #storageFault(fault: StorageFault): void {
    this.#storageError = fault
    this.#told.fault(fault)
    this.#told.status.trigger()
  }

  async #close(): Promise<void> {
    const closed = closedError()
    this.#unwake()
    this.#notes.settle()
    this.#notes.stop()
    this.#exchange?.close()
    this.#link.stop()
    this.#statusLink.stop()
    this.#writes.destroy()
    await this.ready.catch(() => {})
    // First the updates: the rows of `$status` stand for keys that exist.
    await this.#copy?.updates.stored().catch(() => {})
    await this.mirror?.close()
    await this.#keeper?.close().catch(this.#told.storage)
    await this.#copy?.close()
    this.#ledger.fail(closed)
    this.#outcomes.fail(closed)
    this.#lease.release()
    this.#told.clear()
    this.#caughtUp.end(closed)
    this.#lost.destroy()
    this.records.destroy()
    this.doc.destroy()
    this.#statusDoc.destroy()
  }
}
