import type { SchemaGrammar, TypeRule } from "./grammar.ts"

// Read off the schemas of the client library 5.2.1; how to read a rule stands in grammar.ts.

const actionType: TypeRule = [
  "(map-reduce:MAP-REDUCE|pig:PIG|sub-workflow:SUB-WORKFLOW|fs:FS|java:JAVA|@other) ok:ACTION_TRANSITION error:ACTION_TRANSITION @sla1?",
  "name!:=name_ cred retry-max retry-interval",
]
const actionTransitionType: TypeRule = ["", "to!:=name_"]
const caseType: TypeRule = ["#", "to!:=name_"]
const chgrpType: TypeRule = ["recursive:FLAG?", "path! group! dir-files"]
const chmodType: TypeRule = ["recursive:FLAG?", "path! permissions! dir-files"]
const configurationType: TypeRule = ["property:PROPERTY+", ""]
const credentialType: TypeRule = ["(property:PROPERTY+)*", "name! type!"]
const credentialsType: TypeRule = ["(credential:CREDENTIAL)*", ""]
const decisionType: TypeRule = ["switch:SWITCH", "name!:=name_"]
const defaultType: TypeRule = ["", "to!:=name_"]
const deleteType: TypeRule = ["", "path!"]
const endType: TypeRule = ["", "name!:=name_"]
const flagType: TypeRule = ["", ""]
const forkType: TypeRule = ["path:FORK_TRANSITION{2,}", "name!:=name_"]
const forkTransitionType: TypeRule = ["", "start!:=name_"]
const fsType: TypeRule = [
  "name-node? job-xml* configuration:CONFIGURATION? (delete:DELETE|mkdir:MKDIR|move:MOVE|chmod:CHMOD|touchz:TOUCHZ|chgrp:CHGRP)*",
  "",
]
const globalType: TypeRule = ["job-tracker? name-node? job-xml* configuration:CONFIGURATION?", ""]
const javaType: TypeRule = [
  "job-tracker? name-node? prepare:PREPARE? job-xml* configuration:CONFIGURATION? main-class (java-opts|java-opt+)? arg* file* archive* capture-output:FLAG?",
  "",
]
const joinType: TypeRule = ["", "name!:=name_ to!:=name_"]
const killType: TypeRule = ["message", "name!:=name_"]
const mapReduceType: TypeRule = [
  "job-tracker? name-node? prepare:PREPARE? (streaming:STREAMING?|pipes:PIPES?)? job-xml* configuration:CONFIGURATION? file* archive*",
  "",
]
const mkdirType: TypeRule = ["", "path!"]
const moveType: TypeRule = ["", "source! target!"]
const parametersType: TypeRule = ["property:PROPERTY2+", ""]
const pigType: TypeRule = [
  "job-tracker? name-node? prepare:PREPARE? job-xml* configuration:CONFIGURATION? script param* argument* file* archive*",
  "",
]
const pipesType: TypeRule = ["map? reduce? inputformat? partitioner? writer? program?", ""]
const prepareType: TypeRule = ["delete:DELETE* mkdir:MKDIR*", ""]
const propertyType: TypeRule = ["name value description?", ""]
const property2Type: TypeRule = ["name value? description?", ""]
const startType: TypeRule = ["", "to!:=name_"]
const streamingType: TypeRule = ["mapper? reducer? record-reader? record-reader-mapping* env*", ""]
const subWorkflowType: TypeRule = ["app-path propagate-configuration:FLAG? configuration:CONFIGURATION?", ""]
const switchType: TypeRule = ["case:CASE+ default:DEFAULT", ""]
const touchzType: TypeRule = ["", "path!"]
const workflowAppType: TypeRule = [
  "parameters:PARAMETERS? global:GLOBAL? credentials:CREDENTIALS? start:START (decision:DECISION|fork:FORK|join:JOIN|kill:KILL|action:ACTION)* end:END @sla1?",
  "name!",
]
const actionType2: TypeRule = [
  "(map-reduce:MAP-REDUCE|pig:PIG|sub-workflow:SUB-WORKFLOW|fs:FS|java:JAVA|@other) ok:ACTION_TRANSITION error:ACTION_TRANSITION @sla?",
  "name!:=name_ cred retry-max retry-interval retry-policy",
]
const workflowAppType2: TypeRule = [
  "parameters:PARAMETERS? global:GLOBAL? credentials:CREDENTIALS? start:START (decision:DECISION|fork:FORK|join:JOIN|kill:KILL|action:ACTION)* end:END @sla?",
  "name!",
]

/** The later versions of the schema of workflows. */
export const workflowSchemas: Readonly<Record<string, SchemaGrammar>> = {
  "uri:oozie:workflow:0.4.5": {
    elements: {
      "workflow-app": "WORKFLOW-APP",
      switch: "SWITCH",
      kill: "KILL",
      "map-reduce": "MAP-REDUCE",
      pig: "PIG",
      "sub-workflow": "SUB-WORKFLOW",
      fs: "FS",
      java: "JAVA",
    },
    types: {
      ACTION: actionType,
      ACTION_TRANSITION: actionTransitionType,
      CASE: caseType,
      CHGRP: chgrpType,
      CHMOD: chmodType,
      CONFIGURATION: configurationType,
      CREDENTIAL: credentialType,
      CREDENTIALS: credentialsType,
      DECISION: decisionType,
      DEFAULT: defaultType,
      DELETE: deleteType,
      END: endType,
      FLAG: flagType,
      FORK: forkType,
      FORK_TRANSITION: forkTransitionType,
      FS: fsType,
      GLOBAL: globalType,
      JAVA: javaType,
      JOIN: joinType,
      KILL: killType,
      "MAP-REDUCE": mapReduceType,
      MKDIR: mkdirType,
      MOVE: moveType,
      PARAMETERS: parametersType,
      PIG: pigType,
      PIPES: pipesType,
      PREPARE: prepareType,
      PROPERTY: propertyType,
      PROPERTY2: property2Type,
      START: startType,
      STREAMING: streamingType,
      "SUB-WORKFLOW": subWorkflowType,
      SWITCH: switchType,
      TOUCHZ: touchzType,
      "WORKFLOW-APP": workflowAppType,
    },
  },
  "uri:oozie:workflow:0.4": {
    elements: {
      "workflow-app": "WORKFLOW-APP",
      switch: "SWITCH",
      kill: "KILL",
      "map-reduce": "MAP-REDUCE",
      pig: "PIG",
      "sub-workflow": "SUB-WORKFLOW",
      fs: "FS",
      java: "JAVA",
    },
    types: {
      ACTION: actionType,
      ACTION_TRANSITION: actionTransitionType,
      CASE: caseType,
      CHMOD: chmodType,
      CONFIGURATION: configurationType,
      CREDENTIAL: credentialType,
      CREDENTIALS: credentialsType,
      DECISION: decisionType,
      DEFAULT: defaultType,
      DELETE: deleteType,
      END: endType,
      FLAG: flagType,
      FORK: forkType,
      FORK_TRANSITION: forkTransitionType,
      FS: [
        "name-node? job-xml* configuration:CONFIGURATION? (delete:DELETE|mkdir:MKDIR|move:MOVE|chmod:CHMOD|touchz:TOUCHZ)*",
        "",
      ],
      GLOBAL: globalType,
      JAVA: javaType,
      JOIN: joinType,
      KILL: killType,
      "MAP-REDUCE": mapReduceType,
      MKDIR: mkdirType,
      MOVE: moveType,
      PARAMETERS: parametersType,
      PIG: pigType,
      PIPES: pipesType,
      PREPARE: prepareType,
      PROPERTY: propertyType,
      PROPERTY2: property2Type,
      START: startType,
      STREAMING: streamingType,
      "SUB-WORKFLOW": subWorkflowType,
      SWITCH: switchType,
      TOUCHZ: touchzType,
      "WORKFLOW-APP": workflowAppType,
    },
  },
  "uri:oozie:workflow:0.5": {
    elements: {
      "workflow-app": "WORKFLOW-APP",
      switch: "SWITCH",
      kill: "KILL",
      "map-reduce": "MAP-REDUCE",
      pig: "PIG",
      "sub-workflow": "SUB-WORKFLOW",
      fs: "FS",
      java: "JAVA",
    },
    types: {
      ACTION: actionType2,
      ACTION_TRANSITION: actionTransitionType,
      CASE: caseType,
      CHGRP: chgrpType,
      CHMOD: chmodType,
      CONFIGURATION: configurationType,
      CREDENTIAL: credentialType,
      CREDENTIALS: credentialsType,
      DECISION: decisionType,
      DEFAULT: defaultType,
      DELETE: ["", "path! skip-trash:=boolean"],
      END: endType,
      FLAG: flagType,
      FORK: forkType,
      FORK_TRANSITION: forkTransitionType,
      FS: [
        "name-node? job-xml* configuration:CONFIGURATION? (delete:DELETE|mkdir:MKDIR|move:MOVE|chmod:CHMOD|touchz:TOUCHZ|chgrp:CHGRP|setrep:SETREP)*",
        "",
      ],
      GLOBAL: globalType,
      JAVA: javaType,
      JOIN: joinType,
      KILL: killType,
      "MAP-REDUCE": [
        "job-tracker? name-node? prepare:PREPARE? (streaming:STREAMING?|pipes:PIPES?)? job-xml* configuration:CONFIGURATION? config-class? file* archive*",
        "",
      ],
      MKDIR: mkdirType,
      MOVE: moveType,
      PARAMETERS: parametersType,
      PIG: pigType,
      PIPES: pipesType,
      PREPARE: prepareType,
      PROPERTY: propertyType,
      PROPERTY2: property2Type,
      SETREP: ["", "path! replication-factor!:=short"],
      START: startType,
      STREAMING: streamingType,
      "SUB-WORKFLOW": subWorkflowType,
      SWITCH: switchType,
      TOUCHZ: touchzType,
      "WORKFLOW-APP": workflowAppType2,
    },
  },
  "uri:oozie:workflow:1.0": {
    elements: {
      "workflow-app": "WORKFLOW-APP",
      switch: "SWITCH",
      kill: "KILL",
      "map-reduce": "MAP-REDUCE",
      pig: "PIG",
      "sub-workflow": "SUB-WORKFLOW",
      fs: "FS",
      java: "JAVA",
    },
    types: {
      ACTION: actionType2,
      ACTION_TRANSITION: actionTransitionType,
      CASE: caseType,
      CHGRP: chgrpType,
      CHMOD: chmodType,
      CONFIGURATION: configurationType,
      CREDENTIAL: credentialType,
      CREDENTIALS: credentialsType,
      DECISION: decisionType,
      DEFAULT: defaultType,
      DELETE: deleteType,
      END: endType,
      FLAG: flagType,
      FORK: forkType,
      FORK_TRANSITION: forkTransitionType,
      FS: fsType,
      GLOBAL: [
        "(job-tracker?|resource-manager?) name-node? launcher:LAUNCHER? job-xml* configuration:CONFIGURATION?",
        "",
      ],
      JAVA: [
        "(job-tracker?|resource-manager?) name-node? prepare:PREPARE? launcher:LAUNCHER? job-xml* configuration:CONFIGURATION? main-class (java-opts|java-opt+)? arg* file* archive* capture-output:FLAG?",
        "",
      ],
      JOIN: joinType,
      KILL: killType,
      LAUNCHER: [
        "(memory.mb:=unsignedInt?|vcores:=unsignedInt?|java-opts?|env?|queue?|sharelib?|view-acl?|modify-acl?)+",
        "",
      ],
      "MAP-REDUCE": [
        "(job-tracker?|resource-manager?) name-node? prepare:PREPARE? (streaming:STREAMING?|pipes:PIPES?)? launcher:LAUNCHER? job-xml* configuration:CONFIGURATION? config-class? file* archive*",
        "",
      ],
      MKDIR: mkdirType,
      MOVE: moveType,
      PARAMETERS: parametersType,
      PIG: [
        "(job-tracker?|resource-manager?) name-node? prepare:PREPARE? launcher:LAUNCHER? job-xml* configuration:CONFIGURATION? script param* argument* file* archive*",
        "",
      ],
      PIPES: pipesType,
      PREPARE: prepareType,
      PROPERTY: propertyType,
      PROPERTY2: property2Type,
      START: startType,
      STREAMING: streamingType,
      "SUB-WORKFLOW": subWorkflowType,
      SWITCH: switchType,
      TOUCHZ: touchzType,
      "WORKFLOW-APP": workflowAppType2,
    },
  },
}
