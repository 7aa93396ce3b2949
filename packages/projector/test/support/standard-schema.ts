/** As much of the Standard Schema convention as the tests' own validators need. */
export interface StandardSchemaV1<T> {
  readonly "~standard": {
    readonly version: 1
    readonly vendor: string
    readonly validate: (
      given: unknown,
    ) =>
      | { readonly value: T; readonly issues?: undefined }
      | { readonly issues: readonly { readonly message: string }[] }
    readonly types?: { readonly input: T; readonly output: T } | undefined
  }
}
