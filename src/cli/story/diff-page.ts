/** `weir runs diff`: what the first run did that the second did not, and the other way round. */
import { formatMicros } from '../../domain/spend.ts'
import type { PartedHop, RunsDiff } from '../../domain/story/diff-runs.ts'
import { type Paint, visible } from '../paint.ts'
import { table } from '../table.ts'
import { formatCount } from '../units.ts'
import { count, edgeWords, type Fact, factLines, headline } from './words.ts'

export function diffPage(diff: RunsDiff, paint: Paint, now: number): string {
  const heads = diff.runs.map((run) => `${headline(run, paint, now)}\n`).join('')
  if (diff.alike) return `${heads}Both went alike: ${count(diff.same_hops, 'hop')}.\n`
  const [mine, theirs] = diff.policies
  const facts: readonly (Fact | null)[] = [
    ['parted', partedWords(diff)],
    ...diff.loops.map((loop): Fact => ['laps', `${paint('warn', edgeWords(loop))}   ${pairWords(loop.laps)}`]),
    ...diff.results.map(({ result, hops }): Fact => ['ended', `${visible(result)}   ${pairWords(hops)}`]),
    mine.length > 0 ? ['policies', `only the first was let through by ${mine.map(visible).join(', ')}`] : null,
    theirs.length > 0 ? ['policies', `only the second was let through by ${theirs.map(visible).join(', ')}`] : null,
    diff.pol_hashes[0].join() === diff.pol_hashes[1].join() ? null : ['rules', hashWords(diff)],
  ]
  return `${heads}${factLines(facts, paint)}${edgesTable(diff, paint)}`
}

function partedWords({ same_hops, parted }: RunsDiff): string {
  const [one, other] = parted.map(hopWords)
  if (one === other) return `never in what was called: ${count(same_hops, 'hop')} went alike`
  return `after ${count(same_hops, 'hop')} alike: first ${one}, then ${other}`
    .replace('first', 'the first')
    .replace('then', 'the second')
}

function hopWords(hop: PartedHop | null): string {
  return hop === null ? 'did nothing more' : `called ${edgeWords(hop)} (${visible(hop.result)})`
}

function pairWords([one, other]: readonly [number, number]): string {
  return `${formatCount(one)} and ${formatCount(other)}`
}

function hashWords({ pol_hashes }: RunsDiff): string {
  const words = pol_hashes.map((hashes) => hashes.map((hash) => hash.slice(0, 12)).join(', ') || 'none on record')
  return `policies ${words[0]} and ${words[1]}`
}

function edgesTable({ edges }: RunsDiff, paint: Paint): string {
  if (edges.length === 0) return ''
  const columns = ['EDGE', 'CALLS', '', 'REFUSED', '', 'COST', '', 'DIFFERENCE'].map((title, at) => ({
    title,
    align: at === 0 ? ('left' as const) : ('right' as const),
  }))
  const rows = edges.map((edge) => {
    const more = edge.cost_micros[1] - edge.cost_micros[0]
    const difference = `${more < 0 ? '-' : '+'}${formatMicros(Math.abs(more))}`
    return [
      edgeWords(edge),
      ...edge.calls.map(formatCount),
      ...edge.refused.map(formatCount),
      ...edge.cost_micros.map(formatMicros),
      more > 0 ? paint('bad', difference) : paint('good', difference),
    ]
  })
  return `\n${table(columns, rows)}`
}
