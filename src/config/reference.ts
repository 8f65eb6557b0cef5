/** The two generated pages of the configuration: the JSON Schema for editors and the reference for people. */
import { phrase } from './explain.ts'
import { type SchemaNode, schemaTree } from './schema.ts'

/** `config/weir.schema.json`: JSON Schema 2020-12 with descriptions, units and defaults. */
export function configurationSchema(): string {
  return `${write(schemaTree(), '')}\n`
}

/** Characters of a line, with the comma behind it. */
const line_max = 120

/** JSON with lists of plain values on one line where they fit, as the formatter of this house leaves it. */
function write(value: unknown, indent: string, name = ''): string {
  const inner = `${indent}  `
  if (Array.isArray(value)) {
    const items = value.map((each: unknown) => write(each, inner))
    const line = `[${items.join(', ')}]`
    const flat = value.every((each) => typeof each !== 'object') && indent.length + name.length + line.length < line_max
    return flat ? line : `[\n${items.map((item) => inner + item).join(',\n')}\n${indent}]`
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).map(([key, each]) => {
    const before = `${JSON.stringify(key)}: `
    return `${inner}${before}${write(each, inner, before)}`
  })
  return members.length === 0 ? '{}' : `{\n${members.join(',\n')}\n${indent}}`
}

const head = `# Configuration

<!-- Generated from the configuration table by \`npm run docs\`; edit the table in \`src/config\`. -->

One YAML file, fourteen top-level keys at most. Unknown keys are mistakes. Every text may be \`\${env:NAME}\` or
\`\${file:path}\`, alone or in part; paths start at the directory of the configuration file. A limit is a number, or
\`{ max, mode }\` with mode \`shadow\`, \`warn\` or \`enforce\`.
`

/** `docs/reference/configuration.md`: every key with type, unit, default and meaning. */
export function configurationReference(): string {
  const sections = Object.entries(schemaTree().properties ?? {}).map(([key, node]) => {
    const rows = rowsOf(key, node).map((row) => `| ${row.map(cell).join(' | ')} |`)
    return [
      `\n## ${key}\n`,
      `${node.description}\n`,
      '| key | type | unit | default | meaning |',
      '|---|---|---|---|---|',
      ...rows,
    ].join('\n')
  })
  return `${head}${sections.join('\n')}\n`
}

type Row = readonly [key: string, type: string, unit: string, usual: string, meaning: string]

function rowsOf(key: string, node: SchemaNode, required = false): readonly Row[] {
  const entry = node.additionalProperties || null
  const below = [
    ...Object.entries(node.properties ?? {}).flatMap(([name, each]) =>
      rowsOf(`${key}.${name}`, each, node.required?.includes(name)),
    ),
    ...(entry ? rowsOf(`${key}.<${keyWord(key)}>`, entry) : []),
    ...(node.items?.properties ? rowsOf(`${key}[]`, node.items) : []),
  ]
  if (below.length > 0) return below
  const usual = node.default === undefined ? (required ? '*required*' : '') : `\`${JSON.stringify(node.default)}\``
  return [[`\`${key}\``, phrase(node), node.unit ?? '', usual, node.description ?? '']]
}

/** What the key of a mapping stands for. */
function keyWord(key: string): string {
  if (key.endsWith('headers')) return 'name'
  return key.startsWith('identity') ? 'claim value' : 'slug'
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}
