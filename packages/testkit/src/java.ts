import { messageOf } from "@millrace/ports"
import { runProcess } from "./spawn-process.ts"

/** What real Apache servers need and this machine lacks: any of Java 17, its compiler, Maven. Empty when all is there. */
export async function missingForJava(): Promise<readonly string[]> {
  const [java, javac, maven] = await Promise.all([
    majorVersion("java", ["-version"], /version "(\d+)/),
    majorVersion("javac", ["-version"], /javac (\d+)/),
    majorVersion("mvn", ["-version"], /Apache Maven (\d+)/),
  ])
  return [
    ...(java >= 17 ? [] : ["Java 17 or newer (java)"]),
    ...(javac >= 17 ? [] : ["a JDK 17 or newer (javac)"]),
    ...(maven >= 3 ? [] : ["Maven 3 or newer (mvn)"]),
  ]
}

/** Whether the real-server suites can run here. */
export async function haveJava(): Promise<boolean> {
  return (await missingForJava()).length === 0
}

async function majorVersion(file: string, args: readonly string[], pattern: RegExp): Promise<number> {
  try {
    const { stdout, stderr } = await runProcess({ file, args })
    return Number(pattern.exec(stdout + stderr)?.[1] ?? 0)
  } catch (error) {
    if (/ENOENT|not be started/.test(messageOf(error))) return 0
    throw error
  }
}
