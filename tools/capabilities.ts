import { spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { findChromium } from "@millrace/testkit"
import type { Need } from "./suites.ts"

/** Why each need is not met, in words for the user; no entry means that it is met. */
export type Lacking = ReadonlyMap<Need, string>

/** Looks at the machine; takes about a second. */
export function findLacking(root: string, needs: ReadonlySet<Need>): Lacking {
  const checks: Readonly<Record<Need, () => string | undefined>> = {
    chromium: checkChromium,
    java: checkJava,
    loop: checkLoop,
    pycrdt: checkPycrdt,
    corpus: () => checkCorpus(root),
  }
  const lacking = new Map<Need, string>()
  for (const need of needs) {
    const why = checks[need]()
    if (why !== undefined) lacking.set(need, why)
  }
  return lacking
}

/** The folder of the corpus: MILLRACE_CORPUS, else `shared/corpus` beside the checkout. */
export function corpusFolder(root: string): string {
  const given = process.env["MILLRACE_CORPUS"]
  return given === undefined || given === "" ? resolve(root, "../shared/corpus") : resolve(given)
}

function checkCorpus(root: string): string | undefined {
  if (existsSync(join(corpusFolder(root), "catalog.json"))) return undefined
  return "the corpus: a folder with catalog.json, named in MILLRACE_CORPUS"
}

function checkChromium(): string | undefined {
  const path = findChromium()
  if (path !== undefined && run(path, ["--version"]) !== undefined) return undefined
  return "Chromium: the package chromium, or a program named in MILLRACE_CHROMIUM"
}

function checkJava(): string | undefined {
  const lacking = [
    major(run("java", ["-version"]), /version "(\d+)/) >= 17 ? "" : "java 17 or newer",
    major(run("javac", ["-version"]), /javac (\d+)/) >= 17 ? "" : "javac 17 or newer",
    run("mvn", ["-version"]) === undefined ? "mvn" : "",
    run("xmllint", ["--version"]) === undefined ? "xmllint" : "",
  ].filter((name) => name !== "")
  return lacking.length === 0
    ? undefined
    : `${lacking.join(", ")}: the packages openjdk-17-jdk-headless, maven and libxml2-utils`
}

/** Mounts a small image for a moment: that root may do so does not follow from being root in a container. */
function checkLoop(): string | undefined {
  const needed = "root, loop devices and mkfs.ext4 (the package e2fsprogs)"
  if (process.getuid?.() !== 0) return `${needed}; this user is not root`
  const folder = mkdtempSync(join(tmpdir(), "millrace-loop-"))
  const image = join(folder, "disk.img")
  try {
    writeFileSync(image, "")
    truncateSync(image, 8 << 20)
    if (run("mkfs.ext4", ["-q", image]) === undefined) return `${needed}; mkfs.ext4 failed`
    const mounted = run("mount", ["-o", "loop", image, folder]) !== undefined
    if (!mounted) return `${needed}; mounting a loop device failed`
    // Mounted over the folder that holds the image: one folder to clean up.
    return run("umount", [folder]) === undefined ? `${needed}; unmounting failed` : undefined
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Python makes a folder of its own for packages; pip comes with it where the system's venv is whole. */
function checkPycrdt(): string | undefined {
  const version = run("python3", ["-c", "import sys, venv, ensurepip; print(sys.version_info >= (3, 11))"])
  if (version?.includes("True") === true) return undefined
  return "Python 3.11 or newer with pip: the packages python3 and python3-venv"
}

/** Output of a program, standard error included; undefined when it is missing or fails. */
function run(file: string, args: readonly string[]): string | undefined {
  const result = spawnSync(file, args, { encoding: "utf8", timeout: 30_000 })
  return result.status === 0 ? result.stdout + result.stderr : undefined
}

function major(output: string | undefined, pattern: RegExp): number {
  return Number(pattern.exec(output ?? "")?.[1] ?? 0)
}
