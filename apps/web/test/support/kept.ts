/** Runs in the page: whether what this browser keeps of statuses stands for all updates that it keeps. */
export async function statusesKept(name: string): Promise<boolean> {
  const done = <T>(request: IDBRequest<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      request.addEventListener("success", () => resolve(request.result))
      request.addEventListener("error", () => reject(request.error ?? new Error("no reason given")))
    })
  const updates = await done(indexedDB.open(`${name}:updates`))
  const keys = await done(updates.transaction("updates").objectStore("updates").getAllKeys())
  updates.close()
  const statuses = await done(indexedDB.open(name))
  const position: { reflected?: readonly (readonly [number, number])[] } | undefined = await done(
    statuses.transaction("$meta").objectStore("$meta").get("position"),
  )
  statuses.close()
  const ranges = position?.reflected ?? []
  return keys.every((key) => ranges.some(([from, to]) => Number(key) >= from && Number(key) <= to))
}
