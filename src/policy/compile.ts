/**
 * Compiles a policy directory: Cedar parses it and validates it strictly against the schema, then each policy is
 * lowered to plain data. Takes tens of milliseconds and loads wasm, so it runs on a worker thread.
 */
import {
  checkParseSchema,
  type DetailedError,
  policySetTextToParts,
  policyToJson,
  schemaToJson,
  validate,
} from '@cedar-policy/cedar-wasm/nodejs'
import { type EstPolicy, lowerPolicy } from './lower.ts'
import { placeIn } from './place.ts'
import type { CompiledSource, PolicyFile, PolicyIr, PolicyProblem, PolicySource } from './source.ts'

/** Ids travel into denials, records and metrics, so their form is as narrow as that of a metric label. */
const idForm = /^[a-z0-9](?:[a-z0-9._-]{0,126}[a-z0-9])?$/
/** Names that stand for something else where a policy id is reported. */
const reserved: ReadonlySet<string> = new Set(['default', 'request', 'policy.oracle'])

/** One policy as it stands in its file. */
interface Written {
  readonly file: PolicyFile
  readonly text: string
  /** Byte offset in the file. */
  readonly start: number
}

type Problems = PolicyProblem[]

/** The compiled policies, or every mistake that could be found at once. */
export function compilePolicies(source: PolicySource): CompiledSource | readonly PolicyProblem[] {
  const warnings: Problems = []
  const problems: Problems = []
  const schemaHolds = checkSchema(source.schema, problems)
  const written = source.files.flatMap((file) => split(file, problems))
  if (schemaHolds) for (const file of source.files) check(file, source.schema.text, { problems, warnings })
  const seen = new Map<string, Written>()
  const policies = written.flatMap((policy) => compileOne(policy, seen, problems))
  if (problems.length > 0) return unique(problems)
  return { hash: source.hash, schemaHash: source.schemaHash, policies, warnings: unique(warnings) }
}

function checkSchema(schema: PolicyFile, problems: Problems): boolean {
  const parsed = checkParseSchema(schema.text)
  if (parsed.type === 'failure') problems.push(...parsed.errors.map((error) => problemOf(schema, error)))
  const json = schemaToJson(schema.text)
  if (json.type === 'failure') return false
  // The evaluator knows actions by their names alone.
  const grouped = Object.values(json.json).some(({ actions }) =>
    Object.values(actions).some((action) => (action.memberOf?.length ?? 0) > 0),
  )
  if (grouped) problems.push({ ...placeIn(schema, null), message: 'groups of actions are not supported', help: null })
  return parsed.type === 'success'
}

/** The policies of a file in the order of its text. */
function split(file: PolicyFile, problems: Problems): readonly Written[] {
  const parts = policySetTextToParts(file.text)
  if (parts.type === 'failure') {
    problems.push(...parts.errors.map((error) => problemOf(file, error)))
    return []
  }
  for (const template of parts.policy_templates) {
    const place = placeIn(file, startOf(file, template, 0))
    problems.push({ ...place, message: 'policy templates are not supported', help: 'write the entities out' })
  }
  let from = 0
  return inFileOrder(parts.policies).map((text) => {
    const start = startOf(file, text, from)
    from = start + Buffer.byteLength(text)
    return { file, text, start }
  })
}

/** Cedar hands policies over sorted by the names it gave them, `policy0`, `policy1`, `policy10`, `policy2`. */
function inFileOrder(texts: readonly string[]): readonly string[] {
  const names = texts.map((_, index) => `policy${index}`)
  const order = names.toSorted()
  return names.map((name) => texts[order.indexOf(name)] ?? '')
}

/** The byte offset of a policy's text at or after an offset. */
function startOf(file: PolicyFile, text: string, from: number): number {
  return Math.max(0, Buffer.from(file.text).indexOf(text, from))
}

/** Validates a whole file, so that Cedar's places are places in it. */
function check(file: PolicyFile, schema: string, into: { problems: Problems; warnings: Problems }): void {
  const policies = { staticPolicies: file.text }
  const answer = validate({ schema, policies, validationSettings: { mode: 'strict' } })
  // What does not parse was already reported by `split`.
  if (answer.type === 'failure') return
  into.problems.push(...answer.validationErrors.map(({ error }) => problemOf(file, error)))
  into.warnings.push(...answer.validationWarnings.map(({ error }) => problemOf(file, error)))
}

function compileOne(policy: Written, seen: Map<string, Written>, problems: Problems): readonly PolicyIr[] {
  const answer = policyToJson(policy.text)
  if (answer.type === 'failure') {
    problems.push(...answer.errors.map((error) => problemOf(policy.file, error)))
    return []
  }
  const id = answer.json.annotations?.['id'] ?? ''
  const wrong = idProblem(id, seen)
  if (wrong !== null) {
    problems.push({ ...placeIn(policy.file, policy.start), message: wrong, help: null })
    return []
  }
  seen.set(id, policy)
  const place = placeIn(policy.file, policy.start)
  return [{ ...lowerPolicy(id, policy.text, answer.json as EstPolicy), place }]
}

function idProblem(id: string, seen: ReadonlyMap<string, Written>): string | null {
  if (!idForm.test(id)) return 'a policy needs an @id("...") of lower-case letters, digits, dots, dashes'
  if (reserved.has(id)) return `the id ${id} is reserved`
  const other = seen.get(id)
  if (!other) return null
  const { file, line } = placeIn(other.file, other.start)
  return `the id ${id} is already taken at ${file}:${line}`
}

function problemOf(file: PolicyFile, error: DetailedError): PolicyProblem {
  const place = error.sourceLocations?.[0]
  const label = place?.label ?? null
  return {
    ...placeIn(file, place?.start ?? null),
    message: unnamed(error.message) + (label === null ? '' : `: ${label}`),
    help: error.help === null ? null : unnamed(error.help),
  }
}

/** Cedar calls policies `policy3` after their place in the file, which the line says better. */
function unnamed(message: string): string {
  return message.replace(/^for policy `policy\d+`, /, '')
}

function unique(problems: readonly PolicyProblem[]): readonly PolicyProblem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()]
}
