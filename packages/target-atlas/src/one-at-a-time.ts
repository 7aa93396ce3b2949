/** Runs tasks one after the other, in the order in which they came. */
export class OneAtATime {
  #last: Promise<unknown> = Promise.resolve()

  async run<T>(task: () => Promise<T>): Promise<T> {
    const before = this.#last
    const running = before.then(task, task)
    this.#last = running.catch(() => undefined)
    return running
  }
}
