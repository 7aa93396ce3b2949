/** One case of the suite, to be handed to any test runner. */
export interface SuiteCase {
  /** Begins with the id of the rule that it proves. */
  readonly title: string
  run(): Promise<void>
}
