type Task = () => void | Promise<void>

const tasks = new Set<Task>()

/**
 * Keeps `task` for the end of the test file.
 *
 * Tasks run in reverse order of registration, each once, also after a failed test. Returns a function that takes the
 * task back without running it.
 */
export function atEndOfTests(task: Task): () => void {
  tasks.add(task)
  return () => void tasks.delete(task)
}

/** Runs and forgets every kept task; throws the first failure after all of them ran. */
export async function cleanUp(): Promise<void> {
  const failures: unknown[] = []
  for (const task of [...tasks].reverse()) {
    tasks.delete(task)
    try {
      await task()
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 0) throw failures[0]
}
