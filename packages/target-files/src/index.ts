export { type FilesConfig, filesConfig } from "./config.ts"
export { fileName } from "./file-name.ts"
export { createFilesTarget } from "./target.ts"
