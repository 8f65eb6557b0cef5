/** A hop as a page: what was decided, for whom, and through which chain with what authority. */
import { authorityWords } from '../domain/authority/words.ts'
import type { Claims } from '../domain/claims.ts'
import type { ChainStep, HopAccount, Login } from '../domain/evidence.ts'
import type { RunOrigin } from '../domain/run.ts'
import { formatMicros } from '../domain/spend.ts'
import { type Paint, visible } from './paint.ts'
import { table } from './table.ts'
import { type Line, linesOf, loginWords } from './token-view.ts'
import { formatCount, formatDuration, formatTime } from './units.ts'

export function hopPage(account: HopAccount, paint: Paint): string {
  const { hop, at, agent, target, method, run, run_origin, claims, tags, person, login } = account
  const call = `${visible(agent ?? 'nobody known')} → ${visible(target)}`
  const head: readonly (Line | null)[] = [
    ['hop', `${hop}, ${formatTime(at)}`],
    ['call', method === null ? call : `${call}, ${visible(method)}`],
    ['decision', decisionWords(account, paint)],
    outcomeLine(account),
    ['run', run === null ? 'none' : `${run}${run_origin === null ? '' : `, ${origins[run_origin]}`}`],
    claims === null ? null : ['claimed', claimWords(claims)],
    tagsLine(tags),
    ['person', person === null ? 'nobody: the root agent acts for itself' : visible(person)],
    login === null ? null : ['login', howWords(login)],
    ['proof', proofWords(account, paint)],
    ...account.problems.map((problem): Line => ['missing', paint('warn', visible(problem))]),
  ]
  return `${linesOf(head)}${chainTable(account.chain)}`
}

const origins: Readonly<Record<RunOrigin, string>> = {
  token: 'by its token',
  header: 'by its header',
  trace: 'by its trace',
  vendor: 'by the session of its client',
  inferred: 'inferred: the caller served nothing else',
  new: 'begun by it',
}

/** Said by the client and proved by nobody. */
function claimWords({ vendor, session, agent, parent, type }: Claims): string {
  const parts = { session, agent, parent, type }
  const said = Object.entries(parts).flatMap(([name, value]) => (value === null ? [] : [`${name} ${visible(value)}`]))
  return [vendor, ...said].join(', ')
}

function tagsLine(tags: HopAccount['tags']): Line | null {
  const said = Object.entries(tags).map(([key, value]) => `${key}=${visible(value)}`)
  return said.length === 0 ? null : ['tags', said.join(', ')]
}

function decisionWords(account: HopAccount, paint: Paint): string {
  const { decision, code, detail, rule, policies, pol_hash } = account
  if (decision === 'open') return paint('warn', 'let through, and nothing is kept of its end')
  const rules = pol_hash === null ? '' : `, policies ${pol_hash.slice(0, 12)}`
  if (decision === 'allow')
    return `${paint('good', 'allowed')} by ${policies.map(visible).join(', ') || 'no policy'}${rules}`
  const said = rule !== null && detail?.includes(rule) ? null : rule
  const why = [code ?? 'not a call', said, detail].filter((part) => part !== null).map(visible)
  return `${paint('bad', 'refused')}: ${why.join(', ')}${rules}`
}

function outcomeLine({ outcome, decision, code }: HopAccount): Line | null {
  if (!outcome || decision === 'deny') return null
  const { status, ms, spent, metered } = outcome
  const cost = (spent.unpriced ?? 0) > 0 ? 'cost unknown' : formatMicros(spent.cost_micros)
  const how = metered
    ? `, ${visible(metered.model)}${metered.source === 'provider' ? '' : `, settled by what was ${metered.source}`}`
    : ''
  const spend = `${formatCount(spent.tokens)} tokens, ${cost}${how}`
  return ['outcome', `${status}${code === null ? '' : ` (${code})`} in ${formatDuration(ms)}, ${spend}`]
}

function howWords(login: Login): string {
  if (login.how === 'login') return `at ${visible(login.issuer)}, ${loginWords(login)}`
  const named = `${login.type === 'unknown' ? 'credential' : login.type} ${visible(login.id ?? '')}`.trim()
  return `not seen: named by the ${named} of the root agent`
}

function proofWords({ signatures, chain }: HopAccount, paint: Paint): string {
  const tokens = chain.filter(({ token }) => token !== null).length
  if (signatures === 'none') return paint('warn', 'the record alone: no token went out in this chain')
  if (signatures === 'hold') return paint('good', `${tokens} of ${chain.length} hops signed, all signatures hold`)
  return paint('bad', 'broken: see the last column')
}

function chainTable(chain: readonly ChainStep[]): string {
  const columns = ['DEPTH', 'HOP', 'AGENT', 'CALLED', 'WITH', 'AUTHORITY', 'SIGNED'].map((title) => ({ title }))
  const rows = chain.map((step) => [
    String(step.depth),
    step.hop ?? '-',
    visible(step.agent ?? '-'),
    visible(step.target),
    withWords(step.credential),
    step.authority ? visible(authorityWords(step.authority)) : `hash ${step.adh ?? 'not kept'}`,
    signedWords(step),
  ])
  return `\n${table(columns, rows)}`
}

function withWords(credential: ChainStep['credential']): string {
  if (!credential) return '-'
  const { type, id, bound } = credential
  return `${type} ${visible(id ?? '')}${bound === 'none' ? '' : ` (${bound})`}`
}

function signedWords({ token, decision }: ChainStep): string {
  if (!token) return decision === 'deny' ? 'refused' : 'no token'
  return token.problem === null ? `key ${(token.kid ?? '').slice(0, 8)}` : visible(token.problem)
}
