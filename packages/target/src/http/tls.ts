import { readFile } from "node:fs/promises"
import type { Secret } from "./authenticator.ts"

/** How HTTPS is spoken: certificates and names are always verified. */
export interface TlsSettings {
  /** PEM file with the authorities to trust instead of the system's. */
  readonly caFile?: string
  /** PEM files of a client certificate and its key, where the server asks for one. */
  readonly certFile?: string
  readonly keyFile?: string
  readonly keyPassphrase?: Secret
  /** The name that the server's certificate must bear, where it is not the URL's host. */
  readonly serverName?: string
}

/** What node:https takes. */
export interface TlsMaterial {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  readonly passphrase?: string
  readonly servername?: string
}

/** Reads the files. Throws what the file system throws, with the path in its message. */
export async function readTls(settings: TlsSettings): Promise<TlsMaterial> {
  return {
    ...(settings.caFile === undefined ? {} : { ca: await readFile(settings.caFile, "utf8") }),
    ...(settings.certFile === undefined ? {} : { cert: await readFile(settings.certFile, "utf8") }),
    ...(settings.keyFile === undefined ? {} : { key: await readFile(settings.keyFile, "utf8") }),
    ...(settings.keyPassphrase === undefined ? {} : { passphrase: await settings.keyPassphrase() }),
    ...(settings.serverName === undefined ? {} : { servername: settings.serverName }),
  }
}
