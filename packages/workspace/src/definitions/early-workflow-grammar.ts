import type { SchemaGrammar, TypeRule } from "./grammar.ts"

// Read off the schemas of the client library 5.2.1; how to read a rule stands in grammar.ts.

const actionTransitionType: TypeRule = ["", "to!:=name_"]
const caseType: TypeRule = ["#", "to!:=name_"]
const chmodType: TypeRule = ["", "path! permissions! dir-files"]
const configurationType: TypeRule = ["property:PROPERTY+", ""]
const decisionType: TypeRule = ["switch:SWITCH", "name!:=name_"]
const defaultType: TypeRule = ["", "to!:=name_"]
const deleteType: TypeRule = ["", "path!"]
const endType: TypeRule = ["", "name!:=name_"]
const flagType: TypeRule = ["", ""]
const forkType: TypeRule = ["path:FORK_TRANSITION{2,}", "name!:=name_"]
const forkTransitionType: TypeRule = ["", "start!:=name_"]
const fsType: TypeRule = ["(delete:DELETE|mkdir:MKDIR|move:MOVE|chmod:CHMOD)*", ""]
const javaType: TypeRule = [
  "job-tracker name-node prepare:PREPARE? job-xml? configuration:CONFIGURATION? main-class java-opts? arg* file* archive* capture-output:FLAG?",
  "",
]
const joinType: TypeRule = ["", "name!:=name_ to!:=name_"]
const killType: TypeRule = ["message", "name!:=name_"]
const mapReduceType: TypeRule = [
  "job-tracker name-node prepare:PREPARE? (streaming:STREAMING?|pipes:PIPES?)? job-xml? configuration:CONFIGURATION? file* archive*",
  "",
]
const mkdirType: TypeRule = ["", "path!"]
const moveType: TypeRule = ["", "source! target!"]
const pipesType: TypeRule = ["map? reduce? inputformat? partitioner? writer? program?", ""]
const prepareType: TypeRule = ["delete:DELETE* mkdir:MKDIR*", ""]
const propertyType: TypeRule = ["name value description?", ""]
const startType: TypeRule = ["", "to!:=name_"]
const streamingType: TypeRule = ["mapper? reducer? record-reader? record-reader-mapping* env*", ""]
const subWorkflowType: TypeRule = ["app-path propagate-configuration:FLAG? configuration:CONFIGURATION?", ""]
const switchType: TypeRule = ["case:CASE+ default:DEFAULT", ""]
const credentialType: TypeRule = ["(property:PROPERTY+)*", "name! type!"]
const credentialsType: TypeRule = ["(credential:CREDENTIAL)*", ""]
const pigType: TypeRule = [
  "job-tracker name-node prepare:PREPARE? job-xml? configuration:CONFIGURATION? script param* argument* file* archive*",
  "",
]
const workflowAppType: TypeRule = [
  "credentials:CREDENTIALS? start:START (decision:DECISION|fork:FORK|join:JOIN|kill:KILL|action:ACTION)* end:END @sla1?",
  "name!",
]

/** The first versions of the schema of workflows. */
export const earlyWorkflowSchemas: Readonly<Record<string, SchemaGrammar>> = {
  "uri:oozie:workflow:0.1": {
    elements: {
      "workflow-app": "WORKFLOW-APP",
      switch: "SWITCH",
      kill: "KILL",
      "map-reduce": "MAP-REDUCE",
      pig: "PIG",
      ssh: "SSH",
      "sub-workflow": "SUB-WORKFLOW",
      fs: "FS",
      java: "JAVA",
    },
    types: {
      ACTION: [
        "(map-reduce:MAP-REDUCE|pig:PIG|ssh:SSH|sub-workflow:SUB-WORKFLOW|fs:FS|http:HTTP|email:EMAIL|java:JAVA|@other) ok:ACTION_TRANSITION error:ACTION_TRANSITION",
        "name!:=name_",
      ],
      ACTION_TRANSITION: actionTransitionType,
      CASE: caseType,
      CHMOD: chmodType,
      CONFIGURATION: configurationType,
      DECISION: decisionType,
      DEFAULT: defaultType,
      DELETE: deleteType,
      EMAIL: ["to subject message?", ""],
      END: endType,
      FLAG: flagType,
      FORK: forkType,
      FORK_TRANSITION: forkTransitionType,
      FS: fsType,
      HTTP: ["http-url post:HTTP-POST? (wait:FLAG|continue:FLAG) capture-output:FLAG", ""],
      "HTTP-POST": ["#", "content-type!"],
      JAVA: javaType,
      JOIN: joinType,
      KILL: killType,
      "MAP-REDUCE": mapReduceType,
      MKDIR: mkdirType,
      MOVE: moveType,
      PIG: [
        "job-tracker name-node prepare:PREPARE? job-xml? configuration:CONFIGURATION? script param* file* archive*",
        "",
      ],
      PIPES: pipesType,
      PREPARE: prepareType,
      PROPERTY: propertyType,
      SSH: ["host command args* capture-output:FLAG?", ""],
      START: startType,
      STREAMING: streamingType,
      "SUB-WORKFLOW": subWorkflowType,
      SWITCH: switchType,
      "WORKFLOW-APP": ["start:START (decision:DECISION|fork:FORK|join:JOIN|kill:KILL|action:ACTION)* end:END", "name!"],
    },
  },
  "uri:oozie:workflow:0.2.5": {
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
      ACTION: [
        "(map-reduce:MAP-REDUCE|pig:PIG|sub-workflow:SUB-WORKFLOW|fs:FS|java:JAVA|@other) ok:ACTION_TRANSITION error:ACTION_TRANSITION @sla1?",
        "name!:=name_ cred",
      ],
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
      FS: fsType,
      JAVA: javaType,
      JOIN: joinType,
      KILL: killType,
      "MAP-REDUCE": mapReduceType,
      MKDIR: mkdirType,
      MOVE: moveType,
      PIG: pigType,
      PIPES: pipesType,
      PREPARE: prepareType,
      PROPERTY: propertyType,
      START: startType,
      STREAMING: streamingType,
      "SUB-WORKFLOW": subWorkflowType,
      SWITCH: switchType,
      "WORKFLOW-APP": workflowAppType,
    },
  },
  "uri:oozie:workflow:0.2": {
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
      ACTION: [
        "(map-reduce:MAP-REDUCE|pig:PIG|sub-workflow:SUB-WORKFLOW|fs:FS|java:JAVA|@other) ok:ACTION_TRANSITION error:ACTION_TRANSITION @sla1?",
        "name!:=name_",
      ],
      ACTION_TRANSITION: actionTransitionType,
      CASE: caseType,
      CHMOD: chmodType,
      CONFIGURATION: configurationType,
      DECISION: decisionType,
      DEFAULT: defaultType,
      DELETE: deleteType,
      END: endType,
      FLAG: flagType,
      FORK: forkType,
      FORK_TRANSITION: forkTransitionType,
      FS: fsType,
      JAVA: javaType,
      JOIN: joinType,
      KILL: killType,
      "MAP-REDUCE": mapReduceType,
      MKDIR: mkdirType,
      MOVE: moveType,
      PIG: pigType,
      PIPES: pipesType,
      PREPARE: prepareType,
      PROPERTY: propertyType,
      START: startType,
      STREAMING: streamingType,
      "SUB-WORKFLOW": subWorkflowType,
      SWITCH: switchType,
      "WORKFLOW-APP": [
        "start:START (decision:DECISION|fork:FORK|join:JOIN|kill:KILL|action:ACTION)* end:END @sla1?",
        "name!",
      ],
    },
  },
  "uri:oozie:workflow:0.3": {
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
      ACTION: [
        "(map-reduce:MAP-REDUCE|pig:PIG|sub-workflow:SUB-WORKFLOW|fs:FS|java:JAVA|@other) ok:ACTION_TRANSITION error:ACTION_TRANSITION @sla1?",
        "name!:=name_ cred retry-max retry-interval",
      ],
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
      FS: fsType,
      JAVA: javaType,
      JOIN: joinType,
      KILL: killType,
      "MAP-REDUCE": mapReduceType,
      MKDIR: mkdirType,
      MOVE: moveType,
      PIG: pigType,
      PIPES: pipesType,
      PREPARE: prepareType,
      PROPERTY: propertyType,
      START: startType,
      STREAMING: streamingType,
      "SUB-WORKFLOW": subWorkflowType,
      SWITCH: switchType,
      "WORKFLOW-APP": workflowAppType,
    },
  },
}
