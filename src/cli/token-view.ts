/** A token as a page: first the verdict, then the person, then everybody who acted, then the rest. */
import { authorityWords } from '../domain/authority/words.ts'
import type { Inspected, InspectedActor, SigningKey } from '../domain/inspected.ts'
import { formatMicros } from '../domain/spend.ts'
import type { InspectedToken } from './deps.ts'
import { type Paint, visible } from './paint.ts'
import { table } from './table.ts'
import { formatCount, formatDuration, formatTime } from './units.ts'

/** Wide enough for the longest name of a line. */
const name_cells = 9

export type Line = readonly [name: string, text: string]

/** `name   text` lines; what is null is left out. */
export function linesOf(lines: readonly (Line | null)[]): string {
  return lines
    .filter((line) => line !== null)
    .map(([name, text]) => `${name.padEnd(name_cells)} ${text}\n`)
    .join('')
}

/** `now` in milliseconds since the epoch. */
export function tokenPage(seen: InspectedToken, paint: Paint, now: number): string {
  const verdict = seen.valid ? paint('good', 'valid') : paint('bad', `not valid: ${visible(seen.reason ?? 'unknown')}`)
  const head: readonly (Line | null)[] = [
    ['verdict', verdict],
    ['signature', signatureWords(seen)],
    ['person', personWords(seen)],
  ]
  const rest: readonly (Line | null)[] = [
    seen.run === null ? null : ['run', runWords(seen)],
    seen.audience === null ? null : ['audience', visible(seen.audience)],
    ['binding', bindingWords(seen)],
    ['authority', seen.authority ? visible(authorityWords(seen.authority)) : paint('bad', 'cannot be read')],
    ...seen.budget.map((ceiling): Line => ['budget', budgetWords(ceiling)]),
    seen.taint === null ? null : ['taint', visible(seen.taint)],
    seen.foreign === null ? null : ['partner', partnerWords(seen.foreign)],
    seen.issuedAt === null ? null : ['issued', formatTime(seen.issuedAt)],
    ['expires', expiryWords(seen.expiresAt, now)],
    ['issuer', visible(seen.issuer)],
    ['type', visible(seen.typ)],
  ]
  return `${linesOf(head)}${chainTable(seen)}${linesOf(rest)}`
}

/** One line an actor, the holder last. */
function chainTable({ actors }: Inspected): string {
  if (actors.length === 0) return linesOf([['chain', 'nobody']])
  const columns = ['', 'DEPTH', 'AGENT', 'ACTED', 'WITH', 'AUTHORITY'].map((title) => ({ title }))
  const rows = actors.map((actor, at) => [
    at === 0 ? 'chain' : '',
    String(at + 1),
    visible(actor.agent),
    actor.at === null ? (actor.acted ? 'before' : 'not yet') : formatTime(actor.at),
    actor.credential === null ? '-' : visible(actor.credential),
    actorAuthority(actor),
  ])
  return `\n${table(columns, rows)}\n`
}

function actorAuthority({ at, adh, authority }: InspectedActor): string {
  if (at === null) return '-'
  return authority ? visible(authorityWords(authority)) : `hash ${visible(adh ?? '-')}`
}

function signatureWords({ signature, key, signedBy }: InspectedToken): string {
  const named = key === null ? 'no key' : `key ${visible(key)}`
  if (signature !== 'valid') return `${signature === 'invalid' ? 'does not hold' : 'not checked'}, names ${named}`
  return `holds with ${named}${signedBy ? windowWords(signedBy) : ''}`
}

function windowWords({ activeFrom, retiredAt, revokedAt }: SigningKey): string {
  const from = activeFrom === null ? '' : `, which signs since ${formatTime(activeFrom)}`
  const until = retiredAt === null ? '' : `, retired ${formatTime(retiredAt)}`
  return `${from}${until}${revokedAt === null ? '' : `, revoked ${formatTime(revokedAt)}`}`
}

function personWords({ person, login }: Inspected): string {
  if (person === null) return 'nobody: the agent acts for itself'
  return login === null ? visible(person) : `${visible(person)}, logged in ${loginWords(login)}`
}

/** `2026-11-21T07:00:00Z, acr aal2, amr hwk user`. */
export function loginWords({ auth_time, acr, amr }: NonNullable<Inspected['login']>): string {
  const said = [
    auth_time === null ? 'at a time nobody said' : formatTime(auth_time * 1000),
    acr === null ? null : `acr ${visible(acr)}`,
    amr === null || amr.length === 0 ? null : `amr ${amr.map(visible).join(' ')}`,
  ]
  return said.filter((word) => word !== null).join(', ')
}

function runWords({ run, depth, depthMax, hop }: Inspected): string {
  const deepest = depthMax === null ? '' : ` of at most ${depthMax}`
  return `${visible(run ?? '')}, depth ${depth ?? 0}${deepest}${hop === null ? '' : `, hop ${visible(hop)}`}`
}

function bindingWords({ boundTo, claims }: Inspected): string {
  if (claims['may_act'] !== undefined) return 'none: worth nothing without the credential of its holder'
  if (boundTo === null) return claims['cnf'] === undefined ? 'bearer' : 'a cnf that Weir does not know'
  return `${boundTo.kind === 'dpop' ? 'dpop jkt' : 'mtls x5t#S256'} ${boundTo.thumbprint}`
}

function budgetWords({ cost_micros, tokens, grant }: Inspected['budget'][number]): string {
  const cost = cost_micros === null ? [] : [formatMicros(cost_micros)]
  const amounts = [...cost, ...(tokens === null ? [] : [`${formatCount(tokens)} tokens`])].join(', ')
  return `${amounts}, counted on ${visible(grant ?? 'nothing')}`
}

function partnerWords({ issuer, depth, actors }: NonNullable<Inspected['foreign']>): string {
  const named = actors.length === 0 ? '' : `: ${actors.map(visible).join(' → ')}`
  return `${visible(issuer)} says ${depth} acted before${named}`
}

function expiryWords(expiresAt: number | null, now: number): string {
  if (expiresAt === null) return 'never says'
  const left_ms = expiresAt - now
  return `${formatTime(expiresAt)} (${formatDuration(Math.abs(left_ms))}${left_ms < 0 ? ' ago' : ' left'})`
}
