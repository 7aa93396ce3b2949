import { entity, enumeration, relationship, type TypesDef } from "./model-table.ts"

/**
 * The types that an Atlas server expects to find at its start, by file below its folder `models`.
 *
 * Atlas's binary distribution carries them, its web application does not. Names, supertypes and attribute types are those
 * of Atlas 2.1, whose code refers to them by name; the hive model has databases, tables, columns and processes only.
 */
export function baseModels(): Readonly<Record<string, TypesDef>> {
  return {
    "0000-core/0010-base.json": base,
    "0000-core/0011-glossary.json": glossary,
    "1000-hadoop/1030-hive.json": hive,
  }
}

const base: TypesDef = {
  enumDefs: [enumeration("atlas_operation", "OTHERS PURGE EXPORT IMPORT IMPORT_DELETE_REPL")],
  structDefs: [],
  classificationDefs: [],
  entityDefs: [
    entity(
      "AtlasServer",
      "",
      "name!/I:string displayName!/I:string fullName!/U/I:string urls:array<string> additionalInfo:map<string,string>",
    ),
    entity(
      "Referenceable",
      "",
      "qualifiedName!/U/I:string replicatedFrom:array<AtlasServer>#SET~ replicatedTo:array<AtlasServer>#SET~",
    ),
    entity("__internal"),
    entity(
      "Asset",
      "Referenceable",
      "name!/I:string displayName/I:string description:string userDescription/I:string owner/I:string",
    ),
    entity("DataSet", "Asset"),
    entity("Infrastructure", "Asset"),
    entity("Process", "Asset", "inputs:array<DataSet>#SET outputs:array<DataSet>#SET"),
    entity("ProcessExecution", "Asset"),
    entity(
      "__AtlasUserProfile",
      "__internal",
      "name!/U/I:string fullName:string savedSearches:array<__AtlasUserSavedSearch>#SET",
    ),
    entity(
      "__AtlasUserSavedSearch",
      "__internal",
      `name!:string ownerName!:string searchType!/I:string uniqueName!/U/I:string searchParameters!:string
       uiParameters:string`,
    ),
    entity(
      "__ExportImportAuditEntry",
      "__internal",
      `userName:string operation!/I:string sourceServerName/I:string targetServerName/I:string operationParams/I:string
       operationStartTime!/I:long operationEndTime/I:long resultSummary:string`,
    ),
    entity(
      "__AtlasAuditEntry",
      "__internal",
      `userName!/I:string operation!/I:atlas_operation startTime!/I:date endTime/I:date clientId/I:string params/I:string
       result:string resultCount/I:long`,
    ),
  ],
  relationshipDefs: [
    relationship("dataset_process_inputs", "AGGREGATION", "Process.inputs*+= DataSet.inputToProcesses*", {
      propagateTags: "TWO_TO_ONE",
    }),
    relationship("process_dataset_outputs", "AGGREGATION", "Process.outputs*+= DataSet.outputFromProcesses*", {
      propagateTags: "ONE_TO_TWO",
    }),
    relationship(
      "__AtlasUserProfile_savedsearches",
      "COMPOSITION",
      "__AtlasUserProfile.savedSearches*+= __AtlasUserSavedSearch.userProfile",
    ),
  ],
}

const status = "AtlasGlossaryTermRelationshipStatus"
const texts = "shortDescription:string longDescription:string"

function termToTerm(name: string, one: string, other: string): object {
  const attributes = `description:string expression:string status:${status} steward:string source:string`
  return relationship(name, "ASSOCIATION", `AtlasGlossaryTerm.${one}* AtlasGlossaryTerm.${other}*`, { attributes })
}

const glossary: TypesDef = {
  enumDefs: [
    enumeration(status, "DRAFT ACTIVE DEPRECATED OBSOLETE OTHER"),
    enumeration(
      "AtlasGlossaryTermAssignmentStatus",
      "DISCOVERED PROPOSED IMPORTED VALIDATED DEPRECATED OBSOLETE OTHER",
    ),
  ],
  structDefs: [],
  classificationDefs: [],
  entityDefs: [
    entity(
      "AtlasGlossary",
      "__internal",
      `qualifiedName!/U/I:string name!/I:string ${texts} language:string usage:string
       additionalAttributes:map<string,string>`,
    ),
    entity(
      "AtlasGlossaryTerm",
      "__internal",
      `qualifiedName!/U/I:string name!/I:string ${texts} examples:array<string> abbreviation:string usage:string
       additionalAttributes:map<string,string>`,
    ),
    entity(
      "AtlasGlossaryCategory",
      "__internal",
      `qualifiedName!/U/I:string name!/I:string ${texts} additionalAttributes:map<string,string>`,
    ),
  ],
  relationshipDefs: [
    relationship(
      "AtlasGlossarySemanticAssignment",
      "ASSOCIATION",
      "AtlasGlossaryTerm.assignedEntities* Referenceable.meanings*",
      {
        propagateTags: "ONE_TO_TWO",
        attributes: `description:string expression:string status:AtlasGlossaryTermAssignmentStatus confidence:int
          createdBy:string steward:string source:string`,
      },
    ),
    relationship("AtlasGlossaryTermAnchor", "COMPOSITION", "AtlasGlossary.terms*+ AtlasGlossaryTerm.anchor"),
    relationship(
      "AtlasGlossaryTermCategorization",
      "AGGREGATION",
      "AtlasGlossaryCategory.terms*+ AtlasGlossaryTerm.categories*",
      { attributes: `description:string status:${status}` },
    ),
    relationship(
      "AtlasGlossaryCategoryAnchor",
      "COMPOSITION",
      "AtlasGlossary.categories*+ AtlasGlossaryCategory.anchor",
    ),
    relationship(
      "AtlasGlossaryCategoryHierarchyLink",
      "AGGREGATION",
      "AtlasGlossaryCategory.childrenCategories*+ AtlasGlossaryCategory.parentCategory",
    ),
    termToTerm("AtlasGlossaryRelatedTerm", "seeAlso", "seeAlso"),
    termToTerm("AtlasGlossarySynonym", "synonyms", "synonyms"),
    termToTerm("AtlasGlossaryAntonym", "antonyms", "antonyms"),
    termToTerm("AtlasGlossaryPreferredTerm", "preferredTerms", "preferredToTerms"),
    termToTerm("AtlasGlossaryReplacementTerm", "replacedBy", "replacementTerms"),
    termToTerm("AtlasGlossaryTranslation", "translatedTerms", "translationTerms"),
    termToTerm("AtlasGlossaryIsARelationship", "classifies", "isA"),
    termToTerm("AtlasGlossaryValidValue", "validValuesFor", "validValues"),
  ],
}

const hive: TypesDef = {
  enumDefs: [enumeration("hive_principal_type", "USER ROLE GROUP", "hive")],
  structDefs: [],
  classificationDefs: [],
  entityDefs: [
    entity(
      "hive_db",
      "Asset",
      "clusterName!/I:string location:string parameters:map<string,string> ownerType:hive_principal_type",
      "hive",
    ),
    entity(
      "hive_table",
      "DataSet",
      `createTime:date lastAccessTime:date comment:string retention:int aliases:array<string>#SET
       parameters:map<string,string> viewOriginalText:string viewExpandedText:string tableType:string temporary/I:boolean`,
      "hive",
    ),
    entity("hive_column", "DataSet", "type!/I:string comment:string position:int", "hive"),
    entity(
      "hive_process",
      "Process",
      `startTime!:date endTime!:date userName!/I:string operationType!/I:string queryText!:string queryPlan!:string
       queryId!:string recentQueries:array<string>#LIST clusterName:string queryGraph:string`,
      "hive",
    ),
  ],
  relationshipDefs: [
    relationship("hive_table_db", "AGGREGATION", "hive_table.db= hive_db.tables*+", { serviceType: "hive" }),
    relationship("hive_table_columns", "COMPOSITION", "hive_table.columns*+= hive_column.table=", {
      serviceType: "hive",
    }),
    relationship("hive_table_partitionkeys", "COMPOSITION", "hive_table.partitionKeys*+= hive_column.table=", {
      serviceType: "hive",
    }),
  ],
}
