import { Command, CommanderError, InvalidArgumentError, Option } from "commander"
import type { Campaign } from "./campaign.ts"

export interface Settings {
  readonly rounds: number
  readonly seed: number
  /** Folder of the result file. */
  readonly out: string
}

/**
 * Parses a command line; what is to be run, or the exit code where there is nothing to run.
 *
 * Help and refusals are printed here, each campaign's defaults included.
 */
export function readSettings(
  args: readonly string[],
  campaigns: readonly Campaign[],
  resultsFolder: string,
  seed: number,
): { readonly campaign: Campaign; readonly settings: Settings } | number {
  let chosen: { campaign: Campaign; settings: Settings } | undefined
  const program = new Command("soak").description("Long campaigns against real processes.").exitOverride()
  for (const campaign of campaigns) {
    program
      .command(campaign.name)
      .description(campaign.about)
      .exitOverride()
      .addOption(
        new Option("--rounds <n>", "how many rounds").default(campaign.defaultRounds).argParser(wholeNumber(1)),
      )
      .addOption(
        new Option("--seed <n>", "repeats a run")
          .default(seed, "MILLRACE_SEED, else a fresh one")
          .argParser(wholeNumber(0)),
      )
      .addOption(new Option("--out <folder>", "where the result file goes").default(resultsFolder, "soak/results"))
      .action((settings: Settings) => {
        chosen = { campaign, settings }
      })
  }
  try {
    program.parse([...args], { from: "user" })
    return chosen ?? 64
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown
    return thrown.exitCode === 0 ? 0 : 64
  }
}

function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (!Number.isSafeInteger(value) || value < least)
      throw new InvalidArgumentError(`Give a whole number from ${least}.`)
    return value
  }
}
