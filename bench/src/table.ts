import type { Row } from "./row.ts"

/** Rows as columns of text for people. */
export function tableOf(rows: readonly Row[]): string {
  const head = ["", "beside", "ours", "theirs", "unit", "ratio", "goal", ""]
  const body = rows.map((row) => [
    row.name,
    row.peer,
    figure(row.ours),
    figure(row.theirs),
    row.unit,
    figure(row.ratio),
    row.goal ?? "",
    row.met === null ? "" : row.met ? "met" : "MISSED",
  ])
  const all = [head, ...body]
  const widths = head.map((_, column) => Math.max(...all.map((cells) => cells[column]?.length ?? 0)))
  const lines = all.map((cells) => cells.map((cell, column) => pad(cell, widths[column] ?? 0, column)).join("  "))
  return `${lines.map((line) => line.trimEnd()).join("\n")}\n`
}

/** Figures stand to the right. */
function pad(cell: string, width: number, column: number): string {
  return [2, 3, 5].includes(column) ? cell.padStart(width) : cell.padEnd(width)
}

function figure(value: number | null): string {
  return value === null ? "-" : String(value)
}
