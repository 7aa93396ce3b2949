import type { SchemaGrammar, TypeRule } from "./grammar.ts"

// Read off the schemas of the client library 5.2.1; how to read a rule stands in grammar.ts.

const configurationType: TypeRule = ["property:PROPERTY+", ""]
const controlsType: TypeRule = ["(kick-off-time?)?", ""]
const propertyType: TypeRule = ["name value description?", ""]
const parametersType: TypeRule = ["property:PROPERTY2+", ""]
const property2Type: TypeRule = ["name value? description?", ""]
const actionType: TypeRule = ["workflow:WORKFLOW @sla1?", ""]
const asyncdatasetType: TypeRule = ["uri-template", "name!:=name sequence-type! initial-version!"]
const coordinatorAppType: TypeRule = [
  "controls:CONTROLS? datasets:DATASETS? input-events:INPUTEVENTS? output-events:OUTPUTEVENTS? action:ACTION",
  "name! frequency! start! end! timezone!",
]
const datainType: TypeRule = ["(instance+|(start-instance end-instance))", "name!:=name dataset!"]
const dataoutType: TypeRule = ["instance", "name!:=name dataset!"]
const datasetsType: TypeRule = ["(include* (dataset:SYNCDATASET?|async-dataset:ASYNCDATASET?)*)?", ""]
const inputeventsType: TypeRule = ["data-in:DATAIN+", ""]
const outputeventsType: TypeRule = ["data-out:DATAOUT+", ""]
const syncdatasetType: TypeRule = ["uri-template done-flag?", "name!:=name frequency! initial-instance! timezone!"]
const workflowType: TypeRule = ["app-path configuration:CONFIGURATION?", ""]
const controlsType2: TypeRule = ["(timeout? concurrency? execution? throttle?)?", ""]
const actionType2: TypeRule = ["workflow:WORKFLOW @sla?", ""]
const dataoutType2: TypeRule = ["instance", "name!:=name dataset! nocleanup:=boolean"]

/** Versions of the schemas of coordinators, bundles and SLAs. */
export const scheduleSchemas: Readonly<Record<string, SchemaGrammar>> = {
  "uri:oozie:sla:0.1": {
    elements: { info: "SLA-INFO" },
    types: {
      "SLA-INFO": [
        "app-name nominal-time should-start should-end parent-client-id? parent-sla-id? notification-msg? alert-contact dev-contact qa-contact se-contact alert-frequency:=one(NONE|LAST_HOUR|LAST_DAY|LAST_MONTH)? alert-percentage:=percent? upstream-apps?",
        "",
      ],
    },
  },
  "uri:oozie:bundle:0.1": {
    elements: { "bundle-app": "BUNDLE-APP" },
    types: {
      "BUNDLE-APP": ["controls:CONTROLS? coordinator:COORDINATOR+", "name!"],
      CONFIGURATION: configurationType,
      CONTROLS: controlsType,
      COORDINATOR: ["app-path configuration:CONFIGURATION?", "name!:=name critical"],
      PROPERTY: propertyType,
    },
  },
  "uri:oozie:bundle:0.2": {
    elements: { "bundle-app": "BUNDLE-APP" },
    types: {
      "BUNDLE-APP": ["parameters:PARAMETERS? controls:CONTROLS? coordinator:COORDINATOR+", "name!"],
      CONFIGURATION: configurationType,
      CONTROLS: controlsType,
      COORDINATOR: ["app-path configuration:CONFIGURATION?", "name! critical enabled"],
      PARAMETERS: parametersType,
      PROPERTY: propertyType,
      PROPERTY2: property2Type,
    },
  },
  "uri:oozie:coordinator:0.1": {
    elements: { "coordinator-app": "COORDINATOR-APP", datasets: "DATASETS" },
    types: {
      ACTION: actionType,
      ASYNCDATASET: asyncdatasetType,
      CONFIGURATION: configurationType,
      CONTROLS: ["(timeout? concurrency? execution?)?", ""],
      "COORDINATOR-APP": coordinatorAppType,
      DATAIN: datainType,
      DATAOUT: dataoutType,
      DATASETS: datasetsType,
      INPUTEVENTS: inputeventsType,
      OUTPUTEVENTS: outputeventsType,
      PROPERTY: propertyType,
      SYNCDATASET: syncdatasetType,
      WORKFLOW: workflowType,
    },
  },
  "uri:oozie:coordinator:0.2": {
    elements: { "coordinator-app": "COORDINATOR-APP", datasets: "DATASETS" },
    types: {
      ACTION: actionType,
      ASYNCDATASET: asyncdatasetType,
      CONFIGURATION: configurationType,
      CONTROLS: controlsType2,
      "COORDINATOR-APP": coordinatorAppType,
      DATAIN: datainType,
      DATAOUT: dataoutType,
      DATASETS: datasetsType,
      INPUTEVENTS: inputeventsType,
      OUTPUTEVENTS: outputeventsType,
      PROPERTY: propertyType,
      SYNCDATASET: syncdatasetType,
      WORKFLOW: workflowType,
    },
  },
  "uri:oozie:coordinator:0.3": {
    elements: { "coordinator-app": "COORDINATOR-APP", datasets: "DATASETS" },
    types: {
      ACTION: actionType,
      ASYNCDATASET: asyncdatasetType,
      CONFIGURATION: configurationType,
      CONTROLS: controlsType2,
      "COORDINATOR-APP": coordinatorAppType,
      DATAIN: datainType,
      DATAOUT: dataoutType,
      DATASETS: datasetsType,
      INPUTEVENTS: inputeventsType,
      OUTPUTEVENTS: outputeventsType,
      PROPERTY: propertyType,
      SYNCDATASET: syncdatasetType,
      WORKFLOW: workflowType,
    },
  },
  "uri:oozie:coordinator:0.4": {
    elements: { "coordinator-app": "COORDINATOR-APP", datasets: "DATASETS" },
    types: {
      ACTION: actionType2,
      ASYNCDATASET: asyncdatasetType,
      CONFIGURATION: configurationType,
      CONTROLS: controlsType2,
      "COORDINATOR-APP": [
        "parameters:PARAMETERS? controls:CONTROLS? datasets:DATASETS? input-events:INPUTEVENTS? output-events:OUTPUTEVENTS? action:ACTION",
        "name! frequency! start! end! timezone!",
      ],
      DATAIN: datainType,
      DATAOUT: dataoutType2,
      DATASETS: datasetsType,
      INPUTEVENTS: inputeventsType,
      OUTPUTEVENTS: outputeventsType,
      PARAMETERS: parametersType,
      PROPERTY: propertyType,
      PROPERTY2: property2Type,
      SYNCDATASET: syncdatasetType,
      WORKFLOW: workflowType,
    },
  },
  "uri:oozie:coordinator:0.5": {
    elements: { "coordinator-app": "COORDINATOR-APP", datasets: "DATASETS" },
    types: {
      ACTION: actionType2,
      ASYNCDATASET: asyncdatasetType,
      COMBINE: ["(data-in:LOGICALDATAIN{2,})*", "name min wait"],
      CONFIGURATION: configurationType,
      CONTROLS: controlsType2,
      "COORDINATOR-APP": [
        "parameters:PARAMETERS? controls:CONTROLS? datasets:DATASETS? input-events:INPUTEVENTS? input-logic:INPUTLOGIC? output-events:OUTPUTEVENTS? action:ACTION",
        "name! frequency! start! end! timezone!",
      ],
      DATAIN: datainType,
      DATAOUT: dataoutType2,
      DATASETS: datasetsType,
      INPUTEVENTS: ["(and:LOGICALAND?|or:LOGICALOR?|data-in:DATAIN+)", ""],
      INPUTLOGIC: ["(and:LOGICALAND*|or:LOGICALOR*|combine:COMBINE*|data-in:LOGICALDATAIN+)*", ""],
      LOGICALAND: ["(and:LOGICALAND*|or:LOGICALOR*|data-in:LOGICALDATAIN+|combine:COMBINE*)*", "name min wait"],
      LOGICALDATAIN: ["", "name min wait dataset!"],
      LOGICALOR: ["(and:LOGICALAND*|or:LOGICALOR*|data-in:LOGICALDATAIN+|combine:COMBINE*)*", "name min wait"],
      OUTPUTEVENTS: outputeventsType,
      PARAMETERS: parametersType,
      PROPERTY: propertyType,
      PROPERTY2: property2Type,
      SYNCDATASET: syncdatasetType,
      WORKFLOW: workflowType,
    },
  },
  "uri:oozie:sla:0.2": {
    elements: { info: "SLA-INFO" },
    types: {
      "SLA-INFO": [
        "nominal-time should-start? should-end max-duration? alert-events? alert-contact? notification-msg? upstream-apps?",
        "",
      ],
    },
  },
}
