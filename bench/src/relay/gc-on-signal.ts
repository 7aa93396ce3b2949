// Loaded into every measured server (`--import`), so that memory can be read without what only waits to be collected.
const { gc } = globalThis as { gc?: () => void }
let count = 0

process.on("SIGUSR2", () => {
  gc?.()
  // What the first round's finalizers let go.
  setImmediate(() => {
    gc?.()
    count += 1
    const { heapUsed, external } = process.memoryUsage()
    process.stderr.write(`collected ${count} live ${heapUsed + external}\n`)
  })
})
