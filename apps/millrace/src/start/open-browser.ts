import { spawn } from "node:child_process"
import type { Environment } from "@millrace/config"

/** Opens the page where there is a desktop; never fails, since the URL was printed. */
export function openBrowser(url: string, environment: Environment): void {
  if (environment["DISPLAY"] === undefined && environment["WAYLAND_DISPLAY"] === undefined) return
  spawn("xdg-open", [url], { stdio: "ignore", detached: true })
    .on("error", () => {})
    .unref()
}
