/** Tests beside the policies, as they are written: YAML or JSON, with the place of each and of every mistake in them. */
import { basename } from 'node:path'
import { z } from 'zod'
import { locate, parse, plainOf, readable, syntaxProblems } from './document.ts'
import type { ConfigProblem } from './problems.ts'
import { readBounded } from './references.ts'

const name = z.string().min(1).max(256)
const names = z.union([name, z.array(name).min(1).max(1000)])
const count = z.int().min(0)

const context = z
  .strictObject({
    depth: count,
    chain: z.array(name).max(64),
    human: name.nullable(),
    runState: z.enum(['active', 'halted', 'ended']),
    budgetLeftMicros: count,
    tokensLeft: count,
    calls: count,
    laps: count,
    env: name,
    boundKey: z.boolean(),
    taint: z.enum(['none', 'external', 'untrusted', 'injected']),
    approved: z.boolean(),
    scopes: z.array(name).max(64),
    maxTokens: count,
    streaming: z.boolean(),
    args: z.record(z.string(), z.unknown()),
  })
  .partial()

const written = z.strictObject({
  name: name.optional(),
  principal: names,
  action: z.enum(['invoke', 'callTool', 'useServer', 'useModel', 'startRun', 'exchange']).optional(),
  resource: names,
  context: context.prefault({}),
  expect: z.enum(['allow', 'deny']),
  policy: name.optional(),
})

const file = z.strictObject({ cases: z.array(written).min(1).max(10_000) })

/** One case as it stands in its file, each list of names written out. */
export interface WrittenCase extends Omit<z.output<typeof written>, 'principal' | 'resource'> {
  readonly file: string
  readonly line: number
  readonly principal: string
  readonly resource: string
}

const fileBytesMax = 1_048_576

/** Never rejects: whatever is wrong with the file is a problem with its place. */
export async function readCaseFile(path: string): Promise<readonly WrittenCase[] | readonly ConfigProblem[]> {
  const file_ = basename(path)
  const wrong = (message: string): readonly ConfigProblem[] => [
    { file: file_, line: 1, col: 1, path: '', message, expected: 'a file of cases', suggestion: null },
  ]
  const source = await readBounded(path, fileBytesMax)
  if (!source.ok) return wrong(`cannot be read (${source.reason})`)
  const parsed = parse(file_, source.value)
  if (!parsed) return wrong('too deep')
  const syntax = syntaxProblems(parsed)
  if (syntax.length > 0 || !readable(parsed)) return syntax
  const checked = file.safeParse(plainOf(parsed))
  if (!checked.success)
    return checked.error.issues.map((issue) => {
      const path = issue.path.filter((step) => typeof step !== 'symbol')
      return locate({ path, message: issue.message, expected: 'a case as the guide describes it' }, parsed)
    })
  return checked.data.cases.flatMap((each, at) => {
    const { line } = locate({ path: ['cases', at], message: '', expected: '' }, parsed)
    return [each.principal]
      .flat()
      .flatMap((principal) =>
        [each.resource].flat().map((resource): WrittenCase => ({ ...each, principal, resource, file: file_, line })),
      )
  })
}

export function areCases(read: readonly WrittenCase[] | readonly ConfigProblem[]): read is readonly WrittenCase[] {
  return !read.some((each) => 'message' in each)
}
