import { type FieldOf, ref, type RefField, value } from "@millrace/model"
import * as v from "valibot"
import type { Content, Markup } from "./content.ts"
import {
  asides,
  attributes,
  type Contents,
  contents,
  documentFields,
  type DocumentFields,
  markups,
  optionalText,
  type OptionalText,
  requiredText,
} from "./fields.ts"
import type { MapOf } from "@millrace/model"

export const nodeKinds = ["start", "action", "decision", "fork", "join", "kill", "end"] as const
export type NodeKind = (typeof nodeKinds)[number]

export const transitionKinds = ["start", "ok", "error", "case", "default", "path", "join"] as const
export type TransitionKind = (typeof transitionKinds)[number]

/**
 * Workflows: the document, its nodes, and the transitions between nodes, each a record of its own.
 *
 * Nodes are referred to by id, so a new name changes one record and every transition follows.
 */
export interface WorkflowCollections {
  readonly workflows: {
    readonly fields: DocumentFields & {
      readonly name: FieldOf<string>
      readonly parameters: Contents
      readonly global: Contents
      readonly credentials: Contents
      readonly sla: Contents
    }
  }
  readonly workflowNodes: {
    readonly fields: {
      readonly workflow: RefField<false>
      readonly kind: FieldOf<NodeKind>
      /** Nothing for the start. */
      readonly name: OptionalText
      /** Orders the nodes within the document; compared as text. */
      readonly order: FieldOf<string>
      /** Attributes beside the name: `cred`, `retry-max` and their like. */
      readonly attributes: MapOf<string, true>
      /** An action's element, such as `shell`, with its attributes and what stands in it. */
      readonly action: OptionalText
      readonly actionAttributes: MapOf<string, true>
      readonly body: Contents
      /** What an action has after its transitions. */
      readonly sla: Contents
      /** A kill node's. */
      readonly message: OptionalText
      /** Comments before the node. */
      readonly notes: FieldOf<readonly Content[], true>
      readonly markup: MapOf<Markup, true>
    }
  }
  readonly workflowTransitions: {
    readonly fields: {
      readonly workflow: RefField<false>
      readonly from: RefField<false>
      /** The node it leads to. */
      readonly to: RefField<true>
      /** The name that was written where no node has it. */
      readonly unresolved: OptionalText
      readonly kind: FieldOf<TransitionKind>
      /** Orders the cases of a decision and the paths of a fork. */
      readonly order: FieldOf<string>
      /** A case's. */
      readonly condition: OptionalText
      readonly markup: MapOf<Markup, true>
    }
  }
}

const order = value(v.pipe(v.string(), v.nonEmpty("it must not be empty"), v.maxLength(1_000)))

export const workflowCollections: WorkflowCollections = {
  workflows: {
    fields: {
      ...documentFields,
      name: requiredText,
      parameters: contents,
      global: contents,
      credentials: contents,
      sla: contents,
    },
  },
  workflowNodes: {
    fields: {
      workflow: ref("workflows", { onDelete: "cascade" }),
      kind: value(v.picklist(nodeKinds)),
      name: optionalText,
      order,
      attributes,
      action: optionalText,
      actionAttributes: attributes,
      body: contents,
      sla: contents,
      message: optionalText,
      notes: asides,
      markup: markups,
    },
  },
  workflowTransitions: {
    fields: {
      workflow: ref("workflows", { onDelete: "cascade" }),
      from: ref("workflowNodes", { onDelete: "cascade" }),
      to: ref("workflowNodes", { onDelete: "restrict", optional: true }),
      unresolved: optionalText,
      kind: value(v.picklist(transitionKinds)),
      order,
      condition: optionalText,
      markup: markups,
    },
  },
}
