import type { SchemaGrammar, TypeRule } from "./grammar.ts"

// Read off the schemas of the client library 5.2.1; how to read a rule stands in grammar.ts.

const configurationType: TypeRule = ["property:PROPERTY+", ""]
const deleteType: TypeRule = ["", "path!"]
const mkdirType: TypeRule = ["", "path!"]
const prepareType: TypeRule = ["delete:DELETE* mkdir:MKDIR*", ""]
const propertyType: TypeRule = ["name value description?", ""]
const launcherType: TypeRule = [
  "(memory.mb:=unsignedInt?|vcores:=unsignedInt?|java-opts?|env?|queue?|sharelib?|view-acl?|modify-acl?)+",
  "",
]
const flagType: TypeRule = ["", ""]

/** Versions of the schemas of actions that are extensions. */
export const actionSchemas: Readonly<Record<string, SchemaGrammar>> = {
  "uri:oozie:distcp-action:0.1": {
    elements: { distcp: "ACTION" },
    types: {
      ACTION: ["job-tracker name-node prepare:PREPARE? configuration:CONFIGURATION? java-opts? arg*", ""],
      CONFIGURATION: configurationType,
      DELETE: deleteType,
      MKDIR: mkdirType,
      PREPARE: prepareType,
      PROPERTY: propertyType,
    },
  },
  "uri:oozie:distcp-action:0.2": {
    elements: { distcp: "ACTION" },
    types: {
      ACTION: ["job-tracker? name-node? prepare:PREPARE? configuration:CONFIGURATION? java-opts? arg*", ""],
      CONFIGURATION: configurationType,
      DELETE: deleteType,
      MKDIR: mkdirType,
      PREPARE: prepareType,
      PROPERTY: propertyType,
    },
  },
  "uri:oozie:distcp-action:1.0": {
    elements: { distcp: "ACTION" },
    types: {
      ACTION: [
        "(job-tracker?|resource-manager?) name-node? prepare:PREPARE? launcher:LAUNCHER? configuration:CONFIGURATION? java-opts? arg*",
        "",
      ],
      CONFIGURATION: configurationType,
      DELETE: deleteType,
      LAUNCHER: launcherType,
      MKDIR: mkdirType,
      PREPARE: prepareType,
      PROPERTY: propertyType,
    },
  },
  "uri:oozie:email-action:0.1": {
    elements: { email: "ACTION" },
    types: {
      ACTION: ["to cc? subject body", ""],
    },
  },
  "uri:oozie:email-action:0.2": {
    elements: { email: "ACTION" },
    types: {
      ACTION: ["to cc? bcc? subject body content_type? attachment?", ""],
    },
  },
  "uri:oozie:git-action:1.0": {
    elements: { git: "ACTION" },
    types: {
      ACTION: [
        "resource-manager? name-node prepare:PREPARE? git-uri branch? key-path? destination-uri configuration:CONFIGURATION?",
        "",
      ],
      CONFIGURATION: configurationType,
      DELETE: deleteType,
      MKDIR: mkdirType,
      PREPARE: prepareType,
      PROPERTY: propertyType,
    },
  },
  "uri:oozie:hive-action:0.2": {
    elements: { hive: "ACTION" },
    types: {
      ACTION: [
        "job-tracker name-node prepare:PREPARE? job-xml? configuration:CONFIGURATION? script param* file* archive*",
        "",
      ],
      CONFIGURATION: configurationType,
      DELETE: deleteType,
      MKDIR: mkdirType,
      PREPARE: prepareType,
      PROPERTY: propertyType,
    },
  },
  "uri:oozie:hive-action:0.3": {
    elements: { hive: "ACTION" },
    types: {
      ACTION: [
        "job-tracker name-node prepare:PREPARE? job-xml* configuration:CONFIGURATION? script param* file* archive*",
        "",
      ],
      CONFIGURATION: configurationType,
      DELETE: deleteType,
      MKDIR: mkdirType,
      PREPARE: prepareType,
      PROPERTY: propertyType,
    },
  },
  "uri:oozie:hive-action:0.4": {
    elements: { hive: "ACTION" },
    types: {
      ACTION: [
        "job-tracker? name-node? prepare:PREPARE? job-xml* configuration:CONFIGURATION? script param* file* archive*",
        "",
      ],
      CONFIGURATION: configurationType,
      DELETE: deleteType,
      MKDIR: mkdirType,
      PREPARE: prepareType,
      PROPERTY: propertyType,
    },
  },
  "uri:oozie:hive-action:0.5": {
    elements: { hive: "ACTION" },
    types: {
      ACTION: [
        "job-tracker? name-node? prepare:PREPARE? job-xml* configuration:CONFIGURATION? script param* argument* file* archive*",
        "",
      ],
      CONFIGURATION: configurationType,
      DELETE: deleteType,
      MKDIR: mkdirType,
      PREPARE: prepareType,
      PROPERTY: propertyType,
    },
  },
  "uri:oozie:hive-action:0.6": {
    elements: { hive: "ACTION" },
    types: {
      ACTION: [
        "job-tracker? name-node? prepare:PREPARE? job-xml* configuration:CONFIGURATION? (script|query) param* argument* file* archive*",
        "",
      ],
      CONFIGURATION: configurationType,
      DELETE: deleteType,
      MKDIR: mkdirType,
      PREPARE: prepareType,
      PROPERTY: propertyType,
    },
  },
  "uri:oozie:hive-action:1.0": {
    elements: { hive: "ACTION" },
    types: {
      ACTION: [
        "(job-tracker?|resource-manager?) name-node? prepare:PREPARE? launcher:LAUNCHER? job-xml* configuration:CONFIGURATION? (script|query) param* argument* file* archive*",
        "",
      ],
      CONFIGURATION: configurationType,
      DELETE: deleteType,
      LAUNCHER: launcherType,
      MKDIR: mkdirType,
      PREPARE: prepareType,
      PROPERTY: propertyType,
    },
  },
  "uri:oozie:hive2-action:0.1": {
    elements: { hive2: "ACTION" },
    types: {
      ACTION: [
        "job-tracker? name-node? prepare:PREPARE? job-xml* configuration:CONFIGURATION? jdbc-url password? script param* argument* file* archive*",
        "",
      ],
      CONFIGURATION: configurationType,
      DELETE: deleteType,
      MKDIR: mkdirType,
      PREPARE: prepareType,
      PROPERTY: propertyType,
    },
  },
  "uri:oozie:hive2-action:0.2": {
    elements: { hive2: "ACTION" },
    types: {
      ACTION: [
        "job-tracker? name-node? prepare:PREPARE? job-xml* configuration:CONFIGURATION? jdbc-url password? (script|query) param* argument* file* archive*",
        "",
      ],
      CONFIGURATION: configurationType,
      DELETE: deleteType,
      MKDIR: mkdirType,
      PREPARE: prepareType,
      PROPERTY: propertyType,
    },
  },
  "uri:oozie:hive2-action:1.0": {
    elements: { hive2: "ACTION" },
    types: {
      ACTION: [
        "(job-tracker?|resource-manager?) name-node? prepare:PREPARE? launcher:LAUNCHER? job-xml* configuration:CONFIGURATION? jdbc-url password? (script|query) param* argument* file* archive*",
        "",
      ],
      CONFIGURATION: configurationType,
      DELETE: deleteType,
      LAUNCHER: launcherType,
      MKDIR: mkdirType,
      PREPARE: prepareType,
      PROPERTY: propertyType,
    },
  },
  "uri:oozie:shell-action:0.1": {
    elements: { shell: "ACTION" },
    types: {
      ACTION: [
        "job-tracker name-node prepare:PREPARE? job-xml? configuration:CONFIGURATION? exec argument* env-var* file* archive* capture-output:FLAG?",
        "",
      ],
      CONFIGURATION: configurationType,
      DELETE: deleteType,
      FLAG: flagType,
      MKDIR: mkdirType,
      PREPARE: prepareType,
      PROPERTY: propertyType,
    },
  },
  "uri:oozie:shell-action:0.2": {
    elements: { shell: "ACTION" },
    types: {
      ACTION: [
        "job-tracker name-node prepare:PREPARE? job-xml* configuration:CONFIGURATION? exec argument* env-var* file* archive* capture-output:FLAG?",
        "",
      ],
      CONFIGURATION: configurationType,
      DELETE: deleteType,
      FLAG: flagType,
      MKDIR: mkdirType,
      PREPARE: prepareType,
      PROPERTY: propertyType,
    },
  },
  "uri:oozie:shell-action:0.3": {
    elements: { shell: "ACTION" },
    types: {
      ACTION: [
        "job-tracker? name-node? prepare:PREPARE? job-xml* configuration:CONFIGURATION? exec argument* env-var* file* archive* capture-output:FLAG?",
        "",
      ],
      CONFIGURATION: configurationType,
      DELETE: deleteType,
      FLAG: flagType,
      MKDIR: mkdirType,
      PREPARE: prepareType,
      PROPERTY: propertyType,
    },
  },
  "uri:oozie:shell-action:1.0": {
    elements: { shell: "ACTION" },
    types: {
      ACTION: [
        "(job-tracker?|resource-manager?) name-node? prepare:PREPARE? launcher:LAUNCHER? job-xml* configuration:CONFIGURATION? exec argument* env-var* file* archive* capture-output:FLAG?",
        "",
      ],
      CONFIGURATION: configurationType,
      DELETE: deleteType,
      FLAG: flagType,
      LAUNCHER: launcherType,
      MKDIR: mkdirType,
      PREPARE: prepareType,
      PROPERTY: propertyType,
    },
  },
  "uri:oozie:spark-action:0.1": {
    elements: { spark: "ACTION" },
    types: {
      ACTION: [
        "job-tracker name-node prepare:PREPARE? job-xml* configuration:CONFIGURATION? master mode? name class? jar spark-opts? arg*",
        "",
      ],
      CONFIGURATION: configurationType,
      DELETE: deleteType,
      MKDIR: mkdirType,
      PREPARE: prepareType,
      PROPERTY: propertyType,
    },
  },
  "uri:oozie:spark-action:0.2": {
    elements: { spark: "ACTION" },
    types: {
      ACTION: [
        "job-tracker? name-node? prepare:PREPARE? job-xml* configuration:CONFIGURATION? master mode? name class? jar spark-opts? arg* file* archive*",
        "",
      ],
      CONFIGURATION: configurationType,
      DELETE: deleteType,
      MKDIR: mkdirType,
      PREPARE: prepareType,
      PROPERTY: propertyType,
    },
  },
  "uri:oozie:spark-action:1.0": {
    elements: { spark: "ACTION" },
    types: {
      ACTION: [
        "(job-tracker?|resource-manager?) name-node? prepare:PREPARE? launcher:LAUNCHER? job-xml* configuration:CONFIGURATION? master mode? name class? jar spark-opts? arg* file* archive*",
        "",
      ],
      CONFIGURATION: configurationType,
      DELETE: deleteType,
      LAUNCHER: launcherType,
      MKDIR: mkdirType,
      PREPARE: prepareType,
      PROPERTY: propertyType,
    },
  },
  "uri:oozie:sqoop-action:0.2": {
    elements: { sqoop: "ACTION" },
    types: {
      ACTION: [
        "job-tracker name-node prepare:PREPARE? job-xml? configuration:CONFIGURATION? (command|arg+) file* archive*",
        "",
      ],
      CONFIGURATION: configurationType,
      DELETE: deleteType,
      MKDIR: mkdirType,
      PREPARE: prepareType,
      PROPERTY: propertyType,
    },
  },
  "uri:oozie:sqoop-action:0.3": {
    elements: { sqoop: "ACTION" },
    types: {
      ACTION: [
        "job-tracker name-node prepare:PREPARE? job-xml* configuration:CONFIGURATION? (command|arg+) file* archive*",
        "",
      ],
      CONFIGURATION: configurationType,
      DELETE: deleteType,
      MKDIR: mkdirType,
      PREPARE: prepareType,
      PROPERTY: propertyType,
    },
  },
  "uri:oozie:sqoop-action:0.4": {
    elements: { sqoop: "ACTION" },
    types: {
      ACTION: [
        "job-tracker? name-node? prepare:PREPARE? job-xml* configuration:CONFIGURATION? (command|arg+) file* archive*",
        "",
      ],
      CONFIGURATION: configurationType,
      DELETE: deleteType,
      MKDIR: mkdirType,
      PREPARE: prepareType,
      PROPERTY: propertyType,
    },
  },
  "uri:oozie:sqoop-action:1.0": {
    elements: { sqoop: "ACTION" },
    types: {
      ACTION: [
        "(job-tracker?|resource-manager?) name-node? prepare:PREPARE? launcher:LAUNCHER? job-xml* configuration:CONFIGURATION? (command|arg+) file* archive*",
        "",
      ],
      CONFIGURATION: configurationType,
      DELETE: deleteType,
      LAUNCHER: launcherType,
      MKDIR: mkdirType,
      PREPARE: prepareType,
      PROPERTY: propertyType,
    },
  },
  "uri:oozie:ssh-action:0.1": {
    elements: { ssh: "ACTION" },
    types: {
      ACTION: ["host command args* capture-output:FLAG?", ""],
      FLAG: flagType,
    },
  },
  "uri:oozie:ssh-action:0.2": {
    elements: { ssh: "ACTION" },
    types: {
      ACTION: ["host command (args*|arg*) capture-output:FLAG?", ""],
      FLAG: flagType,
    },
  },
}
