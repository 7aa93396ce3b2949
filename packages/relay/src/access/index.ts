export { type Grant, grantFor, mayRead } from "./grants.ts"
export { localKeyId, openKeyFile } from "./key-file.ts"
export { type KeySetting, openKeys } from "./keys.ts"
export { type Claims, createVerifier, signToken, type TokenKey, type TokenRequest, type Verifier } from "./token.ts"
