// An address book as its author wrote it: Dexie, a live list, a form. Nothing in this file knows of Millrace.
import { Dexie, type EntityTable, liveQuery } from "dexie"

export interface Friend {
  id: number
  name: string
  age: number
  city?: string
}

export const db = new Dexie("friends") as Dexie & { friends: EntityTable<Friend, "id"> }

const wantsCities = new URLSearchParams(location.search).get("app") === "2"
db.version(1).stores({ friends: "++id, name, age" })
if (wantsCities) {
  db.version(2)
    .stores({ friends: "++id, name, age, city" })
    .upgrade((tx) =>
      tx
        .table("friends")
        .toCollection()
        .modify((friend: Friend) => {
          friend.city ??= "somewhere"
        }),
    )
}

export const addFriend = (name: string, age: number): Promise<number> => db.friends.add({ name, age })

/** Reads, changes, puts the whole row, as people do. */
export async function birthday(id: number): Promise<void> {
  const friend = await db.friends.get(id)
  if (friend === undefined) return
  friend.age += 1
  await db.friends.put(friend)
}

export const rename = (id: number, name: string): Promise<number> => db.friends.update(id, { name })

export const forgetThe = (letter: string): Promise<number> => db.friends.where("name").startsWith(letter).delete()

const list = document.body.appendChild(document.createElement("ul"))

liveQuery(() => db.friends.orderBy("name").toArray()).subscribe((friends) => {
  list.replaceChildren(
    ...friends.map(({ name, age }) => {
      const item = document.createElement("li")
      item.textContent = `${name}, ${age}`
      return item
    }),
  )
})

Object.assign(globalThis, { app: { db, addFriend, birthday, rename, forgetThe } })
