"""Records of the bag layout, read and written on pycrdt by what SPEC.md says of entries, and by nothing of ours.

Lines of JSON on standard input, each with one answer:
{"cmd":"start","clientId":n}   {"cmd":"merge","update":base64}   {"cmd":"state"}   {"cmd":"look"}
{"cmd":"put","id":...,"nonce":...,"fields":{...}}   {"cmd":"edit","id":...,"field":...,"value":...}
{"cmd":"element","id":...,"field":...,"element":...,"value":1|null}   {"cmd":"delete","id":...}   {"cmd":"type","at":share,"chars":...}
"""

import base64
import json
import sys

from pycrdt import Array, Doc, Map, Text


def encode(value):
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)


class Records:
    def __init__(self, client_id):
        self.doc = Doc(client_id=client_id)
        self.bag = self.doc.get("tasks", type=Array)
        self.texts = self.doc.get("$texts", type=Map)

    def entries(self):
        return [json.loads(entry) for entry in self.bag]

    def standing(self, record):
        """Places in the bag: living creations, active edits, edits after a delete."""
        mine = [(at, entry) for at, entry in enumerate(self.entries()) if entry[0] == record]
        creations = [(at, entry) for at, entry in mine if len(entry) == 3]
        living = {entry[1] for _, entry in creations}
        active, orphans = [], []
        for at, entry in mine:
            if len(entry) > 3:
                (active if living & set(self.tags_of(entry)) else orphans).append((at, entry))
        return creations, active, orphans

    @staticmethod
    def tags_of(entry):
        return entry[1] if isinstance(entry[1], list) else [entry[1]]

    def replace(self, places, entry=None):
        with self.doc.transaction():
            for at in sorted(places, reverse=True):
                del self.bag[at]
            if entry is not None:
                self.bag.append(encode(entry))

    def put(self, command):
        if not self.standing(command["id"])[0]:
            self.replace([], [command["id"], command["nonce"], command["fields"]])

    def edit(self, command, element=0):
        creations, active, _ = self.standing(command["id"])
        if not creations:
            return
        field = [(at, entry) for at, entry in active if entry[3] == command["field"]]
        tags = sorted({entry[1] for _, entry in creations})
        stamp = 1 + max([entry[2] for _, entry in field], default=0)
        seen = [at for at, entry in field if element == 0 or entry[4] == element]
        entry = [command["id"], tags[0] if len(tags) == 1 else tags, stamp, command["field"], element]
        if command["value"] is not None:
            entry.append(command["value"])
        self.replace(seen, entry)

    def element(self, command):
        self.edit(command, command["element"])

    def delete(self, command):
        creations, active, _ = self.standing(command["id"])
        self.replace([at for at, _ in creations + active])

    def type(self, command):
        keys = sorted(self.texts.keys())
        if keys:
            text = self.texts[keys[int(command["at"] * len(keys))]]
            text.insert(int(command["at"] * len(str(text).encode())), command["chars"])

    def look(self):
        """Of each record: what its title may be, by the highest stamp, and its tags."""
        found = {}
        for record in {entry[0] for entry in self.entries()}:
            creations, active, _ = self.standing(record)
            if not creations:
                continue
            titles = [entry for _, entry in active if entry[3] == "title"]
            highest = max([entry[2] for entry in titles], default=0)
            edited = [entry[5] if len(entry) > 5 else None for entry in titles if entry[2] == highest]
            created = sorted([entry for _, entry in creations], key=lambda entry: entry[1])
            base = [entry[2].get("title") for entry in created if "title" in entry[2]][-1:]
            found[record] = {"titles": edited or base or [None], "tags": self.tags(created, active)}
        texts = {key: str(self.texts[key]) for key in self.texts.keys()}
        return {"records": found, "entries": sorted(self.bag), "texts": texts}

    def tags(self, creations, active):
        writes = [entry for _, entry in active if entry[3] == "tags"]
        there = {entry[4] for entry in writes if len(entry) > 5}
        for creation in creations:
            for element in creation[2].get("tags", {}):
                removals = [entry for entry in writes if entry[4] == element and len(entry) == 5]
                if not any(creation[1] in self.tags_of(entry) for entry in removals):
                    there.add(element)
        return sorted(there)


def answer(value):
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


records = None
for line in sys.stdin:
    command = json.loads(line)
    name = command["cmd"]
    if name == "start":
        records = Records(command["clientId"])
        answer({})
    elif name == "merge":
        records.doc.apply_update(base64.b64decode(command["update"]))
        answer({})
    elif name == "state":
        answer({"update": base64.b64encode(records.doc.get_update()).decode()})
    elif name == "look":
        answer(records.look())
    else:
        getattr(records, name)(command)
        answer({})
