import { extname } from "node:path"
import { fileURLToPath } from "node:url"

const extension = extname(fileURLToPath(import.meta.url))
const folder = extension === ".ts" ? "src" : "dist"

/** The program file of a sibling application, from sources or built, like the file that runs now. */
export function siblingApp(name: "relay" | "projector"): string {
  return fileURLToPath(new URL(`../../../${name}/${folder}/main${extension}`, import.meta.url))
}

/** Folder of the built page. */
export function builtPageDir(): string {
  return fileURLToPath(new URL("../../../web/dist", import.meta.url))
}
