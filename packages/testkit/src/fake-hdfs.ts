import {
  type ScriptedAnswer,
  type ScriptedRequest,
  type ScriptedServer,
  startScriptedServer,
} from "./scripted-server.ts"

/** As much of WebHDFS as files need, in memory, NameNode and DataNode at one port. */
export interface FakeHdfs {
  readonly server: ScriptedServer
  /** Ends with `/webhdfs/v1`. */
  readonly url: string
  /** Content by absolute path. */
  readonly files: Map<string, Buffer>
  /** Whether each write is refused, as HDFS does in its safe mode. */
  safeMode: boolean
}

export async function startFakeHdfs(): Promise<FakeHdfs> {
  const files = new Map<string, Buffer>()
  const folders = new Set<string>(["/"])
  const server = await startScriptedServer((request) => answerTo(request))
  const fake: FakeHdfs = { server, url: `${server.url}webhdfs/v1`, files, safeMode: false }
  return fake

  function answerTo(request: ScriptedRequest): ScriptedAnswer {
    const url = new URL(request.url, server.url)
    const isData = url.pathname.startsWith("/data")
    const path = decodeURIComponent(url.pathname.replace(/^\/(data|webhdfs\/v1)/, "")) || "/"
    const op = url.searchParams.get("op") ?? ""
    if (isData) return data(request, path)
    if (fake.safeMode && ["CREATE", "MKDIRS", "RENAME", "DELETE"].includes(op)) {
      return remote(403, "SafeModeException", `Cannot ${op.toLowerCase()} ${path}. Name node is in safe mode.`)
    }
    switch (op) {
      case "GETFILESTATUS":
        return exists(path) ? json({ FileStatus: status(path, "") }) : absent(path)
      case "LISTSTATUS":
        return exists(path) ? json({ FileStatuses: { FileStatus: list(path) } }) : absent(path)
      case "OPEN":
        return files.has(path) ? redirect(url) : absent(path)
      case "CREATE":
        if (files.has(path) && url.searchParams.get("overwrite") !== "true") {
          return remote(403, "FileAlreadyExistsException", `${path} already exists`)
        }
        return redirect(url)
      case "MKDIRS":
        makeFolders(path)
        return json({ boolean: true })
      case "RENAME":
        return moved(path, url.searchParams.get("destination") ?? "", url.searchParams.get("renameoptions") ?? "")
      case "DELETE":
        return json({ boolean: remove(path) })
      default:
        return remote(400, "IllegalArgumentException", `Invalid value for webhdfs parameter "op": ${op}`)
    }
  }

  function data(request: ScriptedRequest, path: string): ScriptedAnswer {
    if (request.method === "GET") return { status: 200, body: files.get(path)?.toString("utf8") ?? "" }
    makeFolders(path.slice(0, path.lastIndexOf("/")))
    files.set(path, request.body)
    return { status: 201 }
  }

  function redirect(url: URL): ScriptedAnswer {
    const location = `${server.url}data${url.pathname.replace(/^\/webhdfs\/v1/, "")}${url.search}`
    return { status: 307, headers: { location } }
  }

  function makeFolders(path: string): void {
    for (let at = path; at !== ""; at = at.slice(0, at.lastIndexOf("/"))) folders.add(at)
  }

  function exists(path: string): boolean {
    return files.has(path) || folders.has(path)
  }

  function list(path: string): readonly object[] {
    if (files.has(path)) return [status(path, "")]
    const below = path === "/" ? "/" : `${path}/`
    const names = [...files.keys(), ...folders]
      .filter((one) => one.startsWith(below) && one !== "/")
      .map((one) => one.slice(below.length).split("/")[0] ?? "")
    return [...new Set(names)].sort().map((name) => status(below + name, name))
  }

  function status(path: string, name: string): object {
    const length = files.get(path)?.length ?? 0
    const type = files.has(path) ? "FILE" : "DIRECTORY"
    return { pathSuffix: name, type, length, owner: "alice", permission: "755", modificationTime: 1 }
  }

  function moved(from: string, to: string, options: string): ScriptedAnswer {
    if (options !== "OVERWRITE") return json({ boolean: rename(from, to) })
    if (!exists(from)) return absent(from)
    remove(to)
    rename(from, to)
    return { status: 200 }
  }

  function rename(from: string, to: string): boolean {
    if (!exists(from) || exists(to)) return false
    for (const [path, content] of files) {
      if (path !== from && !path.startsWith(`${from}/`)) continue
      files.delete(path)
      files.set(to + path.slice(from.length), content)
    }
    if (folders.delete(from)) folders.add(to)
    return true
  }

  function remove(path: string): boolean {
    const there = exists(path)
    for (const one of files.keys()) if (one === path || one.startsWith(`${path}/`)) files.delete(one)
    for (const one of folders) if (one === path || one.startsWith(`${path}/`)) folders.delete(one)
    return there
  }
}

function json(value: unknown): ScriptedAnswer {
  return { status: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(value) }
}

function remote(status: number, exception: string, message: string): ScriptedAnswer {
  return { ...json({ RemoteException: { exception, message } }), status }
}

function absent(path: string): ScriptedAnswer {
  return remote(404, "FileNotFoundException", `File does not exist: ${path}`)
}
