"""Reads an entity, by type and qualified name, and its lineage with Apache's own client; prints JSON."""
import json
import sys

from apache_atlas.client.base_client import AtlasClient

url, type_name, qualified_name = sys.argv[1:4]
client = AtlasClient(url, ("admin", "admin"))
found = client.entity.get_entity_by_attribute(type_name, uniq_attributes={"qualifiedName": qualified_name})
entity = found.entity
lineage = client.lineage.get_lineage_info(entity.guid, "BOTH", 3)
print(json.dumps({
    "guid": entity.guid,
    "attributes": {name: entity.attributes.get(name) for name in ("name", "comment", "owner", "location")},
    "labels": sorted(entity.labels or []),
    "classifications": sorted(one.typeName for one in (entity.classifications or [])),
    "columns": sorted(one["displayText"] for one in entity.relationshipAttributes["columns"]),
    "lineage": sorted(one["attributes"]["qualifiedName"] for one in lineage.guidEntityMap.values()),
}))
