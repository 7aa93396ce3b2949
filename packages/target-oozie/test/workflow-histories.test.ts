import { seededRandom, seedFromEnvironment } from "@millrace/testkit"
import { expect, test } from "vitest"
import { playWorkflowHistories, printedFaults, sampleWorkflow } from "../src/suite/index.ts"
import { printXml } from "../src/xml/index.ts"

test("T410 replicas edit one workflow offline: the merge is what each meant or a reported problem, and never invalid", () => {
  const seed = seedFromEnvironment()
  const played = [...playWorkflowHistories({ seed, histories: 40, workflow: sampleWorkflow, random: seededRandom })]
  const outcome = played.at(-1)
  expect(outcome?.problems).toEqual([])
  expect(outcome).toMatchObject({ histories: 40, lostIntents: 0, invalidOut: 0, divergences: 0 })
  // Neither kind of merge is a rarity, else the histories would prove nothing.
  expect(outcome?.valid).toBeGreaterThan(4)
  expect(outcome?.reported).toBeGreaterThan(4)
})

test("T410 the judge of printed workflows finds what is wrong in one", () => {
  const good = printXml(sampleWorkflow)
  expect(printedFaults(good)).toEqual([])
  const wrong = (from: string, to: string): readonly string[] => printedFaults(good.replace(from, to))
  expect(wrong('<ok to="split"', '<ok to="nowhere"')).toContain('"prepare" leads to "nowhere", which is not there')
  expect(wrong('<ok to="split"', '<ok to="prepare"')).toContain("it runs in circles")
  expect(wrong('name="count"', 'name="load"')).toContain('"load" is there twice')
  expect(wrong('<case to="tell"', '<case to="end"')).toContain('nothing leads to "tell"')
})
