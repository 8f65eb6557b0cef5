/** The tables of `docs/reference/mcp-conformance.md`, from what the suites require: the tests beside them let nothing fail. */
import { neutralChecks } from './mcp-neutral-checks.ts'
import { type Leg, requiredBy } from './conformance.ts'

const revisions = ['2025-11-25', '2026-07-28'] as const

const row = (...cells: readonly string[]): string => `| ${cells.join(' | ')} |`
const rows = (head: readonly string[], body: readonly (readonly string[])[]): string =>
  [row(...head), `|${head.map(() => '---').join('|')}|`, ...body.map((cells) => row(...cells))].join('\n')

/** How many scenarios each revision requires of each side; all of them pass. */
export function sidesTable(): string {
  const cells = (leg: Leg): readonly string[] =>
    revisions.map((revision) => requiredBy(revision, leg).length).map((all) => `${all} of ${all}`)
  return rows(
    ['side', ...revisions],
    [
      ['server: `/mcp/s/<server>` in front of the reference server', ...cells('server')],
      ['client: the official client through Weir', ...cells('client')],
    ],
  )
}

/** What is seen alike in all four combinations of a client's era and a server's. */
export function claimsList(): string {
  return Object.keys(neutralChecks)
    .map((claim) => `- ${claim}`)
    .join('\n')
}

export const serverTable = (): string => scenariosTable('server')
export const clientTable = (): string => scenariosTable('client')

function scenariosTable(leg: Leg): string {
  const required = revisions.map((revision) => new Set(requiredBy(revision, leg)))
  const names = [...new Set(required.flatMap((each) => [...each]))]
  return rows(
    ['scenario', ...revisions],
    names.map((name) => [`\`${name}\``, ...required.map((each) => (each.has(name) ? 'passes' : ''))]),
  )
}
