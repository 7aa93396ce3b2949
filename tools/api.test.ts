import { expect, test } from "vitest"
import { declarationsOf } from "./api/declarations.ts"
import { exportsOf } from "./api/exports.ts"

const emitted = `import type { A } from "./a.ts";
/** A thing. */
export interface Thing {
    /** Its name. */
    readonly name: string;
    readonly list: readonly {
        readonly a: number;
    }[];
}
/**
 * Makes one.
 *
 * - once
 */
export declare function make(name: string): Thing;
/** Or another. */
export declare function make(count: number): Thing;
export declare class Box {
    #private;
    private constructor();
    /** @internal Not for you. */
    hidden(a: string): void;
    /**
     * Opens it.
     */
    open(): void;
}
declare const own: unique symbol;
export type Both = Thing | Box;
`

test("C386 declarations are read with what their comments say, overloads together, private and internal members left out", () => {
  const [thing, make, box, own, both] = declarationsOf(emitted)
  expect(thing).toEqual({
    name: "Thing",
    about: "A thing.",
    code: "interface Thing {\n  /** Its name. */\n  readonly name: string\n  readonly list: readonly {\n    readonly a: number\n  }[]\n}",
  })
  expect(make).toEqual({
    name: "make",
    about: "Makes one.\n\n- once",
    code: "function make(name: string): Thing\n\n// Or another.\nfunction make(count: number): Thing",
  })
  expect(box?.code).toBe("class Box {\n  /**\n   * Opens it.\n   */\n  open(): void\n}")
  expect(own?.name).toBe("own")
  expect(both).toEqual({ name: "Both", about: "", code: "type Both = Thing | Box" })
})

test("C386 an index tells its names, types and renamed ones included", () => {
  const index = `export { type A, b as c } from "./x.ts"\nexport type { D } from "@millrace/model"\n`
  expect(exportsOf(index)).toEqual([
    { name: "A", original: "A", from: "./x.ts" },
    { name: "c", original: "b", from: "./x.ts" },
    { name: "D", original: "D", from: "@millrace/model" },
  ])
})
