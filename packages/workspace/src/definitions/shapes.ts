import type { DocumentCollection } from "./definition-schema.ts"

/** Where the parts of a document stand in its record. */
export interface DocumentShape {
  /** Local name of the root. */
  readonly root: string
  /** What people call it. */
  readonly title: string
  /** Attributes of the root that are fields of their own. */
  readonly attributes: readonly (readonly [attribute: string, field: string])[]
  /** Elements whose content is a list field, in the order of the schema. */
  readonly sections: readonly (readonly [local: string, field: string])[]
  /** The list field that holds what else stands in the root. */
  readonly rest: string | undefined
}

const named = ["name", "name"] as const
const parameters = ["parameters", "parameters"] as const
const controls = ["controls", "controls"] as const

export const shapes: Readonly<Record<DocumentCollection, DocumentShape>> = {
  workflows: {
    root: "workflow-app",
    title: "workflow",
    attributes: [named],
    sections: [parameters, ["global", "global"], ["credentials", "credentials"]],
    // What follows the nodes.
    rest: "sla",
  },
  coordinators: {
    root: "coordinator-app",
    title: "coordinator",
    attributes: [named, ["frequency", "frequency"], ["start", "start"], ["end", "end"], ["timezone", "timezone"]],
    sections: [
      parameters,
      controls,
      ["datasets", "datasets"],
      ["input-events", "inputEvents"],
      ["input-logic", "inputLogic"],
      ["output-events", "outputEvents"],
      ["action", "action"],
    ],
    rest: undefined,
  },
  bundles: {
    root: "bundle-app",
    title: "bundle",
    attributes: [named],
    sections: [parameters, controls],
    rest: "coordinators",
  },
  datasetDefinitions: {
    root: "datasets",
    title: "file of datasets",
    attributes: [],
    sections: [],
    rest: "datasets",
  },
}

/** The collection whose documents have this root; undefined where it is none of ours. */
export function collectionOfRoot(local: string): DocumentCollection | undefined {
  return (Object.keys(shapes) as DocumentCollection[]).find((collection) => shapes[collection].root === local)
}
