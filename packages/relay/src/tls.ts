/** Certificate chain and key, PEM. */
export interface TlsMaterial {
  readonly cert: string | Buffer
  readonly key: string | Buffer
}

/** Reads the material anew at every call, so that a renewed certificate takes effect without a restart. */
export type ReadTls = () => Promise<TlsMaterial>
