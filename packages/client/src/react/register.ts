/**
 * Where an application names its schema once, so that all hooks know its types:
 *
 *     declare module "@millrace/client/react" {
 *       interface Register { readonly schema: typeof schema }
 *     }
 */
// An interface, because only those can be added to.
// oxlint-disable-next-line typescript/no-empty-object-type
export interface Register {}
