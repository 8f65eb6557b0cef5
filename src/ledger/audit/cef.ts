/** Entries as lines of the Common Event Format (ArcSight CEF 0), for collectors that take nothing newer. */
import { filterableOf } from '../../domain/filter-entry.ts'
import type { Numbered } from '../../domain/record.ts'

/** 0 to 10, as CEF has it. */
const severities = { plain: 1, failed: 4, refused: 6, halted: 8 } as const

export function cefOf({ seq, entry }: Numbered, version: string): string {
  const { run, hop, agent, person, target, method, decision, code, status, rule } = filterableOf(entry)
  const name = [entry.kind, status ?? decision].filter(Boolean).join(' ')
  const severity = severityOf(status, decision)
  const head = ['CEF:0', 'Weir', 'Weir', version, entry.kind, name, severity].map((part) => headText(String(part)))
  const extension = {
    rt: entry.ts,
    externalId: seq,
    suser: person,
    sourceServiceName: agent,
    destinationServiceName: target,
    requestMethod: method,
    act: decision,
    reason: code,
    outcome: status,
    cs1Label: 'run',
    cs1: run,
    cs2Label: 'hop',
    cs2: hop,
    cs3Label: 'rule',
    cs3: rule,
  }
  const pairs = Object.entries(extension).filter(([, value]) => value !== null && value !== undefined)
  return `${head.join('|')}|${pairs.map(([key, value]) => `${key}=${pairText(String(value))}`).join(' ')}`
}

function severityOf(status: unknown, decision: unknown): number {
  if (status === 'halted') return severities.halted
  if (decision === 'deny') return severities.refused
  return status === 'failed' ? severities.failed : severities.plain
}

/** Of the head, where a bar parts. */
function headText(text: string): string {
  return oneLine(text).replaceAll('\\', '\\\\').replaceAll('|', '\\|')
}

/** Of the extension, where an equals sign parts. */
function pairText(text: string): string {
  return oneLine(text).replaceAll('\\', '\\\\').replaceAll('=', '\\=')
}

function oneLine(text: string): string {
  return text.replaceAll(/[\r\n]+/g, ' ')
}
