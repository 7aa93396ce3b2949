export { type FilesConfig, filesConfig } from "./config.ts"
export { fileName } from "./file-name.ts"
export { createFilesTarget } from "./target.ts"
export {
  type DelimitedFormat,
  type LandingConfig,
  landingConfig,
  type LandingFormat,
  type LandingPlace,
} from "./landing/config.ts"
export { createLandingTarget } from "./landing/target.ts"
