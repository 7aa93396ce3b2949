export { type Grant, grantFor, mayRead, roleFor } from "./grants.ts"
export { type ReadUrl, type ReadUrlOptions, urlReader } from "./http-text.ts"
export { localKeyId, openKeyFile } from "./key-file.ts"
export { KeySet, type KeySetOptions, type KeySource, parseKeySet } from "./key-set.ts"
export { type KeySetting, openKeys } from "./keys.ts"
export { type Access, type AccessOptions, type AuthSettings, openAccess, type SecretPlace } from "./open-access.ts"
export { type PublicAlgorithm, type PublicTokenKey, readPublicKey } from "./public-key.ts"
export {
  type Claims,
  createVerifier,
  defaultMaxTokenLifeMs,
  signToken,
  type TokenKey,
  type TokenRequest,
  type Verifier,
  type VerifierOptions,
  type VerifyKey,
} from "./token.ts"
