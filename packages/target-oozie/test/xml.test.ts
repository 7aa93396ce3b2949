import { readdirSync, readFileSync } from "node:fs"
import { resolve } from "node:path"
import { MillraceError } from "@millrace/ports"
import { describe, expect, test } from "vitest"
import { decodeXml, parseXml, printXml, type XmlContent, type XmlDocument, type XmlElement } from "../src/xml/index.ts"

const document = (root: XmlElement): XmlDocument => ({ before: [], root, after: [] })
const around = (content: XmlContent): XmlDocument => document({ name: "a", children: [content] })
const refusalOf = (work: () => unknown): MillraceError => {
  try {
    work()
  } catch (thrown) {
    if (thrown instanceof MillraceError) return thrown
    throw thrown
  }
  throw new Error("it was taken")
}

test("T400 reading what was printed gives the same document: elements, attributes, texts, comments, prefixes", () => {
  const source = `\uFEFF<?xml version="1.0"?>\r
<!-- before --><?go now?>
<w:app xmlns:w="uri:x" b = 'a"b' w:c="&lt;&#10;&#x41;">
  <w:one/>  <two xmlns="uri:y"> kept <!--c--> too </two>
  <three><![CDATA[<&>]]>&amp;</three><space> \t</space><mixed>a <b/> c</mixed><meant>&#32;<b/></meant>
</w:app>
<!-- after -->`
  const read = parseXml(source)
  expect(read.root).toEqual({
    name: "w:app",
    attributes: [
      ["xmlns:w", "uri:x"],
      ["b", 'a"b'],
      ["w:c", "<\nA"],
    ],
    children: [
      { name: "w:one" },
      { name: "two", attributes: [["xmlns", "uri:y"]], children: [" kept ", { comment: "c" }, " too "] },
      { name: "three", children: ["<&>&"] },
      { name: "space", children: [" \t"] },
      { name: "mixed", children: ["a ", { name: "b" }, " c"] },
      { name: "meant", children: [" ", { name: "b" }] },
    ],
  })
  expect([read.before, read.after]).toEqual([
    [{ comment: " before " }, { instruction: "go", data: "now" }],
    [{ comment: " after " }],
  ])
  const printed = printXml(read)
  expect(parseXml(printed)).toEqual(read)
  expect(printXml(parseXml(printed))).toBe(printed)
})

describe("T401 what is not well-formed, or asks for anything outside the text, is refused with its place", () => {
  test.each([
    ["<!DOCTYPE a><a/>", 1, "DOCTYPE"],
    ['<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', 1, "DOCTYPE"],
    ["<a>\n&b;</a>", 2, "stands for nothing"],
    ["<a>&nbsp;</a>", 1, "stands for nothing"],
    ["<a>&constructor;</a>", 1, "stands for nothing"],
    ["<a>&#0;</a>", 1, "stands for nothing"],
    ["<a>&#xD800;</a>", 1, "stands for nothing"],
    ["<a>&#x110000;</a>", 1, "stands for nothing"],
    ["<a>& b</a>", 1, "&amp;"],
    ["<a>\u0001</a>", 1, "character"],
    ["<a>\uD800</a>", 1, "character"],
    ["<a><b></a>", 1, "ended by"],
    ["<a>", 1, "does not end"],
    ["<a", 1, "missing"],
    ["<a/><b/>", 1, "follow"],
    ["<a/>text", 1, "follow"],
    ["text<a/>", 1, "wanted"],
    ["", 1, "wanted"],
    ['<a b="1" b="2"/>', 1, "twice"],
    ['<a xmlns:x="u" xmlns:y="u" x:b="1" y:b="2"/>', 1, "twice"],
    ["<a b=1/>", 1, "quotes"],
    ['<a b="<"/>', 1, "&lt;"],
    ["<x:a/>", 1, "not declared"],
    ['<a x:b="1"/>', 1, "not declared"],
    ['<a xmlns:x=""/>', 1, "nothing"],
    ['<a xmlns:xml="u"/>', 1, "cannot be declared"],
    ["<a><!-- a -- b --></a>", 1, '"--"'],
    ["<a>]]></a>", 1, "]]&gt;"],
    ["<a><![CDATA[</a>", 1, "does not end"],
    ["<a><?xml version='1.0'?></a>", 1, "no name"],
    ["<?xml version='1.0' encoding='&x;'?><a/>", 1, "declaration"],
    ["<1/>", 1, "name"],
    ["<a:b:c/>", 1, "space"],
  ])("%j", (source, line, reason) => {
    const refusal = refusalOf(() => parseXml(source))
    expect(refusal.kind).toBe("invalid")
    expect(refusal.message).toContain(reason)
    expect(refusal.message).toContain(`line ${line},`)
  })
})

describe("T402 size, depth and counts are bounded, and what is over is refused without being built", () => {
  const bombs: readonly (readonly [string, string])[] = [
    ["10 MB of text", `<a>${"x".repeat(10_000_000)}</a>`],
    ["10 MB of an attribute", `<a b="${"x".repeat(10_000_000)}"/>`],
    ["deep", "<a>".repeat(100_000)],
    ["many elements", `<a>${"<b/>".repeat(100_000)}</a>`],
    ["many comments", `<a>${"<!---->".repeat(100_000)}</a>`],
    ["many attributes", `<a ${Array.from({ length: 1_000 }, (_, at) => `b${at}=""`).join(" ")}/>`],
    ["a long name", `<${"n".repeat(100_000)}/>`],
  ]
  test.each(bombs)("%s", (_, source) => {
    expect(refusalOf(() => parseXml(source)).kind).toBe("too-large")
  })

  test("a million characters are read, and references grow nothing", () => {
    expect(parseXml(`<a>${"&amp;".repeat(190_000)}</a>`).root.children).toEqual(["&".repeat(190_000)])
    expect(parseXml(`<a>${"<b>x</b>".repeat(24_000)}</a>`).root.children).toHaveLength(24_000)
  })

  test("a billion laughs end at the DOCTYPE", () => {
    const entities = Array.from({ length: 9 }, (_, at) => `<!ENTITY l${at + 1} "${`&l${at};`.repeat(10)}">`).join("")
    expect(refusalOf(() => parseXml(`<!DOCTYPE a [<!ENTITY l0 "ha">${entities}]><a>&l9;</a>`)).kind).toBe("invalid")
  })
})

const hostile = [
  "</a><b/>",
  "<b/>",
  "]]>",
  "<![CDATA[",
  "<!--",
  "--> <b/>",
  "<?x?>",
  '" c="d',
  "' c='d",
  "&lt;b/&gt;",
  "&#60;b/&#62;",
  "&amp;amp;",
  "\r\n\t ",
  " ",
  "\u0085\u2028",
  "\u{1F600}",
  "\uFEFF",
  "%x;",
  "${a}",
]

test("T403 no text of an element or an attribute can become markup: it is read back as it was", () => {
  for (const text of hostile) {
    const given = document({ name: "a", attributes: [["b", text]], children: [text] })
    expect(parseXml(printXml(given)), JSON.stringify(text)).toEqual(given)
    const among = document({ name: "a", children: [{ name: "b" }, text, { name: "b" }] })
    expect(parseXml(printXml(among)), JSON.stringify(text)).toEqual(among)
  }
})

test("T404 names, comments and instructions that would become something else are not printed", () => {
  const names = ["", "a b", "a>", "a/", "<", "1a", "-a", ":a", "a:", "a:b:c", "a\u0000", "a\n", 'a"', "b:a", "\uD800"]
  for (const name of names) {
    expect(refusalOf(() => printXml(document({ name }))).kind, name).toBe("invalid")
    expect(refusalOf(() => printXml(document({ name: "a", attributes: [[name, ""]] }))).kind, name).toBe("invalid")
  }
  const contents: XmlContent[] = [
    { comment: "--><b/>" },
    { comment: "a--b" },
    { comment: "a-" },
    { comment: "\u0000" },
    { instruction: "xml", data: "" },
    { instruction: "a b", data: "" },
    { instruction: "a", data: "?><b/>" },
    "\u0000",
    "\uDC00",
    "\uFFFF",
  ]
  for (const content of contents) {
    expect(refusalOf(() => printXml(around(content))).kind, JSON.stringify(content)).toBe("invalid")
  }
  expect(refusalOf(() => printXml({ before: ["text"], root: { name: "a" }, after: [] })).kind).toBe("invalid")
})

test("T405 a file is read by its byte order mark or the encoding it declares; bytes of another are refused", () => {
  const text = '<?xml version="1.0" encoding="ISO-8859-1"?><a>\u00FC</a>'
  expect(parseXml(decodeXml(Buffer.from(text, "latin1"))).root.children).toEqual(["\u00FC"])
  expect(parseXml(decodeXml(Buffer.from("\uFEFF<a>\u00FC</a>", "utf16le"))).root.children).toEqual(["\u00FC"])
  expect(parseXml(decodeXml(Buffer.from("\uFEFF<a>\u00FC</a>"))).root.children).toEqual(["\u00FC"])
  expect(refusalOf(() => decodeXml(Buffer.from("<a>\u00FC</a>", "latin1"))).kind).toBe("invalid")
  expect(refusalOf(() => decodeXml(Buffer.from('<?xml version="1.0" encoding="klingon"?><a/>'))).kind).toBe("invalid")
})

test("T406 reading and printing need nothing but the language: browsers run the same files", () => {
  const folder = resolve(import.meta.dirname, "../src/xml")
  for (const file of readdirSync(folder)) {
    const imports = readFileSync(resolve(folder, file), "utf8").matchAll(/from "([^"]+)"/g)
    for (const [, name = ""] of imports) expect(name, file).toMatch(/^(\.\/|@millrace\/ports$)/)
  }
})
