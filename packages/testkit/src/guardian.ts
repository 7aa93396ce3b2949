import { type ChildProcess, spawn } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"

// Kills every process group it still holds once its input ends, which happens however the test worker dies. It has a
// group of its own and ignores the keyboard's signals, so that it outlives what it guards.
const script = `
trap '' INT TERM HUP
held=' '
while read -r sign group; do
  case $sign in
    +) held="$held$group " ;;
    -) held="\${held%% $group *} \${held#* $group }" ;;
  esac
done
for group in $held; do kill -KILL "-$group" 2>/dev/null; done
`

let guardian: ChildProcess | undefined

/**
 * Has the process group `group` killed when this process ends, even by SIGKILL.
 *
 * Returns a function that takes this back; call it as soon as the group is gone, because numbers are used again.
 */
export function guardGroup(group: number): () => void {
  tell("+", group)
  let held = true
  return () => {
    if (held) tell("-", group)
    held = false
  }
}

/** Whether any process of the group is alive; what is dead and only not yet reaped does not count. */
export function groupLives(group: number): boolean {
  try {
    process.kill(-group, 0)
  } catch {
    return false
  }
  return readdirSync("/proc").some((entry) => {
    const found = /^\d+$/.test(entry) ? processState(entry) : undefined
    return found?.group === group && found.state !== "Z"
  })
}

/** State letter and process group of a process, from /proc; undefined when it is gone. */
export function processState(pid: string): { readonly state: string; readonly group: number } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
    // After the program's name in brackets: state, parent, group.
    const [state = "", , group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
    return { state, group: Number(group) }
  } catch {
    return undefined
  }
}

/** Sends `signal` to a whole group; a group that is gone is no error. */
export function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal)
  } catch {
    // Gone already.
  }
}

function tell(sign: "+" | "-", group: number): void {
  if (guardian === undefined || guardian.exitCode !== null) {
    guardian = spawn("/bin/sh", ["-c", script], { stdio: ["pipe", "ignore", "ignore"], detached: true })
    guardian.unref()
    guardian.stdin?.on("error", () => {})
    const input = guardian.stdin
    if (input !== null && "unref" in input && typeof input.unref === "function") input.unref()
  }
  guardian.stdin?.write(`${sign} ${group}\n`)
}
