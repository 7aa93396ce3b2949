import { statSync } from "node:fs"
import { createServer, type Server } from "node:net"
import { MillraceError, messageOf } from "@millrace/ports"

export interface FolderLock {
  /** Idempotent. */
  release(): Promise<void>
}

/**
 * Makes this process the only one of its kind that uses a folder. The folder is known by its device and inode, whatever it is called.
 *
 * The lock is a name that the kernel gives to one socket at a time and takes back when the process ends, however it
 * ends. Rejects with kind `conflict` while another process has it.
 */
export async function lockFolder(folder: string, user: string): Promise<FolderLock> {
  const { dev, ino } = statSync(folder, { bigint: true })
  const server = createServer((socket) => socket.destroy())
  await listen(server, `\0millrace/${user}/${dev}-${ino}`, folder, user)
  server.unref()
  let released: Promise<void> | undefined
  return { release: () => (released ??= new Promise((resolve) => void server.close(() => resolve()))) }
}

function listen(server: Server, path: string, folder: string, user: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause: Error & { readonly code?: string }) => {
      const taken = cause.code === "EADDRINUSE"
      const message = taken
        ? `Another ${user} uses the data folder ${folder} already; stop it first, or choose another folder.`
        : `The data folder ${folder} cannot be locked (${messageOf(cause)}).`
      reject(new MillraceError(message, { kind: taken ? "conflict" : "storage", cause }))
    })
    server.listen({ path, exclusive: true }, () => resolve())
  })
}
