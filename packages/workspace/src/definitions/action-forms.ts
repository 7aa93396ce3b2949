import { elements, flag, type FormFields, many, one, properties, type Property } from "./action-form.ts"
import type { Element } from "./content.ts"

/** What most actions say of where they run. */
interface Job {
  readonly jobTracker?: string
  readonly resourceManager?: string
  readonly nameNode?: string
  readonly prepare?: readonly Element[]
  readonly launcher?: readonly Element[]
  readonly jobXml?: readonly string[]
  readonly configuration?: readonly Property[]
}

interface Files {
  readonly files?: readonly string[]
  readonly archives?: readonly string[]
}

export interface ShellAction extends Job, Files {
  readonly exec?: string
  readonly arguments?: readonly string[]
  readonly environment?: readonly string[]
  readonly captureOutput?: boolean
}

export interface JavaAction extends Job, Files {
  readonly mainClass?: string
  readonly javaOpts?: string
  readonly javaOpt?: readonly string[]
  readonly arguments?: readonly string[]
  readonly captureOutput?: boolean
}

export interface SparkAction extends Job, Files {
  readonly master?: string
  readonly mode?: string
  readonly name?: string
  readonly class?: string
  readonly jar?: string
  readonly sparkOpts?: string
  readonly arguments?: readonly string[]
}

export interface HiveAction extends Job, Files {
  readonly script?: string
  readonly query?: string
  readonly parameters?: readonly string[]
  readonly arguments?: readonly string[]
}

export interface Hive2Action extends HiveAction {
  readonly jdbcUrl?: string
  readonly password?: string
}

export interface PigAction extends Job, Files {
  readonly script?: string
  readonly parameters?: readonly string[]
  readonly arguments?: readonly string[]
}

export interface MapReduceAction extends Job, Files {
  readonly streaming?: readonly Element[]
  readonly pipes?: readonly Element[]
  readonly configClass?: string
}

export interface SqoopAction extends Job, Files {
  readonly command?: string
  readonly arguments?: readonly string[]
}

export interface DistcpAction extends Job {
  readonly javaOpts?: string
  readonly arguments?: readonly string[]
}

export interface SshAction {
  readonly host?: string
  readonly command?: string
  readonly args?: readonly string[]
  readonly arguments?: readonly string[]
  readonly captureOutput?: boolean
}

export interface EmailAction {
  readonly to?: string
  readonly cc?: string
  readonly bcc?: string
  readonly subject?: string
  readonly body?: string
  readonly contentType?: string
  readonly attachment?: string
}

export interface SubWorkflowAction {
  readonly appPath?: string
  readonly propagateConfiguration?: boolean
  readonly configuration?: readonly Property[]
}

export interface GitAction extends Pick<Job, "resourceManager" | "nameNode" | "prepare" | "configuration"> {
  readonly gitUri?: string
  readonly branch?: string
  readonly keyPath?: string
  readonly destinationUri?: string
}

export interface FsAction extends Pick<Job, "nameNode" | "jobXml" | "configuration"> {
  /** What is done, in this order: `delete`, `mkdir`, `move`, `chmod`, `touchz`, `chgrp`, `setrep`. */
  readonly steps?: readonly Element[]
}

/** The forms of the common actions, by the name of their element. */
export interface ActionForms {
  readonly fs: FormFields<FsAction>
  readonly shell: FormFields<ShellAction>
  readonly java: FormFields<JavaAction>
  readonly spark: FormFields<SparkAction>
  readonly hive: FormFields<HiveAction>
  readonly hive2: FormFields<Hive2Action>
  readonly pig: FormFields<PigAction>
  readonly "map-reduce": FormFields<MapReduceAction>
  readonly sqoop: FormFields<SqoopAction>
  readonly distcp: FormFields<DistcpAction>
  readonly ssh: FormFields<SshAction>
  readonly email: FormFields<EmailAction>
  readonly "sub-workflow": FormFields<SubWorkflowAction>
  readonly git: FormFields<GitAction>
}

const job: FormFields<Job> = {
  jobTracker: one("job-tracker"),
  resourceManager: one("resource-manager"),
  nameNode: one("name-node"),
  prepare: elements("prepare"),
  launcher: elements("launcher"),
  jobXml: many("job-xml"),
  configuration: properties("configuration"),
}
const files: FormFields<Files> = { files: many("file"), archives: many("archive") }
const hive: FormFields<HiveAction> = {
  ...job,
  script: one("script"),
  query: one("query"),
  parameters: many("param"),
  arguments: many("argument"),
  ...files,
}

export const actionForms: ActionForms = {
  fs: {
    nameNode: job.nameNode,
    jobXml: job.jobXml,
    configuration: job.configuration,
    steps: elements("delete", "mkdir", "move", "chmod", "touchz", "chgrp", "setrep"),
  },
  shell: {
    ...job,
    exec: one("exec"),
    arguments: many("argument"),
    environment: many("env-var"),
    ...files,
    captureOutput: flag("capture-output"),
  },
  java: {
    ...job,
    mainClass: one("main-class"),
    javaOpts: one("java-opts"),
    javaOpt: many("java-opt"),
    arguments: many("arg"),
    ...files,
    captureOutput: flag("capture-output"),
  },
  spark: {
    ...job,
    master: one("master"),
    mode: one("mode"),
    name: one("name"),
    class: one("class"),
    jar: one("jar"),
    sparkOpts: one("spark-opts"),
    arguments: many("arg"),
    ...files,
  },
  hive,
  hive2: { ...hive, jdbcUrl: one("jdbc-url"), password: one("password") },
  pig: { ...job, script: one("script"), parameters: many("param"), arguments: many("argument"), ...files },
  "map-reduce": {
    ...job,
    streaming: elements("streaming"),
    pipes: elements("pipes"),
    configClass: one("config-class"),
    ...files,
  },
  sqoop: { ...job, command: one("command"), arguments: many("arg"), ...files },
  distcp: { ...job, javaOpts: one("java-opts"), arguments: many("arg") },
  ssh: {
    host: one("host"),
    command: one("command"),
    args: many("args"),
    arguments: many("arg"),
    captureOutput: flag("capture-output"),
  },
  email: {
    to: one("to"),
    cc: one("cc"),
    bcc: one("bcc"),
    subject: one("subject"),
    body: one("body"),
    contentType: one("content_type"),
    attachment: one("attachment"),
  },
  "sub-workflow": {
    appPath: one("app-path"),
    propagateConfiguration: flag("propagate-configuration"),
    configuration: job.configuration,
  },
  git: {
    resourceManager: job.resourceManager,
    nameNode: job.nameNode,
    prepare: job.prepare,
    gitUri: one("git-uri"),
    branch: one("branch"),
    keyPath: one("key-path"),
    destinationUri: one("destination-uri"),
    configuration: job.configuration,
  },
}
