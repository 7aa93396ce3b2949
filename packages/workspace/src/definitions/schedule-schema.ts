import { type FieldOf, value } from "@millrace/model"
import * as v from "valibot"
import { type Contents, contents, documentFields, type DocumentFields, isRelativePath, requiredText } from "./fields.ts"

/** Coordinators, bundles, files of datasets, and the properties files beside them. */
export interface ScheduleCollections {
  readonly coordinators: {
    readonly fields: DocumentFields & {
      readonly name: FieldOf<string>
      readonly frequency: FieldOf<string>
      readonly start: FieldOf<string>
      readonly end: FieldOf<string>
      readonly timezone: FieldOf<string>
      readonly parameters: Contents
      readonly controls: Contents
      /** Includes and datasets. */
      readonly datasets: Contents
      readonly inputEvents: Contents
      readonly inputLogic: Contents
      readonly outputEvents: Contents
      /** The workflow to run, and its SLA. */
      readonly action: Contents
    }
  }
  readonly bundles: {
    readonly fields: DocumentFields & {
      readonly name: FieldOf<string>
      readonly parameters: Contents
      readonly controls: Contents
      /** One element for each coordinator. */
      readonly coordinators: Contents
    }
  }
  readonly datasetDefinitions: {
    readonly fields: DocumentFields & {
      readonly datasets: Contents
    }
  }
  readonly propertiesFiles: {
    readonly fields: {
      readonly path: FieldOf<string>
      /** As text where the file is UTF-8, else its bytes. */
      readonly content: FieldOf<string | Uint8Array>
    }
  }
}

export const scheduleCollections: ScheduleCollections = {
  coordinators: {
    fields: {
      ...documentFields,
      name: requiredText,
      frequency: requiredText,
      start: requiredText,
      end: requiredText,
      timezone: requiredText,
      parameters: contents,
      controls: contents,
      datasets: contents,
      inputEvents: contents,
      inputLogic: contents,
      outputEvents: contents,
      action: contents,
    },
  },
  bundles: {
    fields: { ...documentFields, name: requiredText, parameters: contents, controls: contents, coordinators: contents },
  },
  datasetDefinitions: { fields: { ...documentFields, datasets: contents } },
  propertiesFiles: {
    fields: {
      path: value(v.pipe(v.string(), v.check(isRelativePath, "a relative path is wanted"))),
      content: value(v.union([v.string(), v.instance(Uint8Array)])),
    },
  },
}
