/** What `weir audit` shows to a person. */
import { filterableOf } from '../../domain/filter-entry.ts'
import { hopPage } from '../hop-view.ts'
import { type Paint, visible } from '../paint.ts'
import { indented } from '../policy/view.ts'
import { type Column, table } from '../table.ts'
import { type Line, linesOf } from '../token-view.ts'
import { formatCount, formatTime } from '../units.ts'
import type {
  AuditVerdict,
  ExportedRecords,
  FoundRecords,
  HoldList,
  SealedView,
  ShownPayload,
  ShownRecord,
} from './deps.ts'

/** What is wrong comes first; where nothing is, the figures that say how much that is. */
export function verdictPage(verdict: AuditVerdict, paint: Paint): string {
  const { ok, findings, findings_left_off, checkpoint, entries, unsealed, pruned, notes } = verdict
  const head: readonly (Line | null)[] = [
    ['records', countedWords(verdict)],
    ['checkpoint', checkpoint === null ? paint('warn', 'none') : sealedWords(checkpoint)],
    checkpoint === null ? null : ['root', checkpoint.root],
    unsealed === 0
      ? null
      : ['behind it', `${formatCount(unsealed)} records, sealed within a second of a gateway that runs`],
    pruned === 0
      ? null
      : ['dropped', `${formatCount(pruned)} records, as its entries say; they still count in the root`],
    ...notes.map((note): Line => ['note', paint('warn', visible(note))]),
  ]
  const wrong = findings.map(({ sentence, file, offset }): Line => {
    const place = file === null ? '' : `   ${visible(file)}${offset === null ? '' : `, byte ${offset}`}`
    return ['wrong', `${paint('bad', visible(sentence))}${place}`]
  })
  const more: readonly Line[] = findings_left_off === 0 ? [] : [['', `and ${formatCount(findings_left_off)} more`]]
  const first = verdict.first_bad === null ? '' : `; the first record concerned is ${verdict.first_bad}`
  const end = ok ? paint('good', 'verified') : paint('bad', `not verified${first}`)
  return `${linesOf([...wrong, ...more, ...head])}${end}${entries === 0 && ok ? ', and empty' : ''}\n`
}

function countedWords({ entries, segments, boots, checkpoints }: AuditVerdict): string {
  const parts = [`${formatCount(entries)} read`, `${formatCount(segments)} files`, `${formatCount(boots)} starts`]
  return [...parts, `${formatCount(checkpoints)} checkpoints`].join(', ')
}

function sealedWords({ origin, size, time, signed_by }: SealedView): string {
  const by = signed_by.map(({ kid, alg }) => `${visible(kid)} (${alg})`).join(' and ')
  const when = time === null ? '' : ` at ${formatTime(time)}`
  return `${formatCount(size)} records of ${visible(origin)}, signed by ${by || 'nobody known'}${when}`
}

export function recordPage(shown: ShownRecord, paint: Paint): string {
  const { seq, file, offset, leaf, leaf_hash, proof, path, checkpoint, account, captured } = shown
  const proofs: Readonly<Record<ShownRecord['proof'], string>> = {
    holds: paint('good', `holds: ${path.length} hashes lead from it to the root`),
    broken: paint('bad', 'broken: it is not the record that the checkpoint counts'),
    unsealed: paint('warn', 'not sealed yet: ask again in a second'),
  }
  const lines: readonly (Line | null)[] = [
    ['record', `${seq}   ${file}, byte ${offset}`],
    ['leaf', leaf_hash],
    ['in the log', proofs[proof]],
    checkpoint === null ? null : ['checkpoint', sealedWords(checkpoint)],
    ...captured.flatMap((each) => capturedLines(each, paint)),
  ]
  const what = account === null ? `${visible(leaf)}\n` : hopPage(account, paint)
  return `${linesOf(lines)}\n${what}${captured.map(payloadText).join('')}`
}

const stateWords: Readonly<Record<ShownPayload['state'], string>> = {
  kept: 'in the vault: --payloads shows it',
  hash: 'nothing but this hash was to be kept',
  dropped: 'not kept: the vault was behind',
  erased: 'erased with the person it was for',
  absent: 'not in the vault, which deletes what is old or too much',
  altered: 'in the vault is something with another hash',
  sealed: 'the keys of the vault cannot be read from here',
}

function capturedLines(
  { part, level, bytes, truncated, hash, state, payload }: ShownPayload,
  paint: Paint,
): readonly Line[] {
  const size = `${formatCount(bytes)} bytes${truncated ? ', the rest was cut off' : ''}`
  const words = payload === null ? stateWords[state] : 'in the vault: see below'
  const tone = state === 'altered' ? 'bad' : state === 'kept' || state === 'hash' ? 'quiet' : 'warn'
  return [
    [part, `captured ${level}, ${size}; ${paint(tone, words)}`],
    ['', `sha-256 ${visible(hash)}`],
  ]
}

/** What somebody else wrote, line by line, so that none of it passes for ours. */
function payloadText({ part, payload, encoding }: ShownPayload): string {
  if (payload === null) return ''
  return `\n${part}${encoding === 'base64' ? ', no text, in base64' : ''}\n${indented(payload, 2)}`
}

const foundColumns: readonly Column[] = [
  { title: 'SEQ', align: 'right' },
  { title: 'TIME' },
  { title: 'KIND' },
  { title: 'RUN' },
  { title: 'WHO' },
  { title: 'WHAT' },
  { title: 'DECISION' },
]

export function foundPage({ records, found }: FoundRecords, paint: Paint): string {
  if (records.length === 0) return 'No records fit.\n'
  const rows = records.map(({ seq, entry }) => {
    const { run, agent, target, method, decision, code, status } = filterableOf(entry)
    const what = [target, method].filter(Boolean).map((part) => visible(String(part)))
    const verdict =
      decision === 'deny' ? paint('bad', `deny ${visible(String(code ?? ''))}`) : String(decision ?? status ?? '')
    return [
      String(seq),
      formatTime(entry.ts),
      entry.kind,
      String(run ?? ''),
      visible(String(agent ?? '')),
      what.join(' '),
      verdict,
    ]
  })
  const more = found > records.length ? `${formatCount(found)} fit; these are the newest. More: --limit\n` : ''
  return `${table(foundColumns, rows)}${more}`
}

export function exportPage({ records, files, check }: ExportedRecords): string {
  const said = `${formatCount(records)} records in ${files.map((file) => visible(file)).join(', ')}\n`
  return check === null ? said : `${said}check it with: ${visible(check)}\n`
}

const holdColumns: readonly Column[] = [
  { title: 'HOLD' },
  { title: 'WHAT' },
  { title: 'FROM' },
  { title: 'UNTIL' },
  { title: 'BY' },
  { title: 'REASON' },
]

export function holdsPage({ holds }: HoldList): string {
  if (holds.length === 0) return 'Nothing is held.\n'
  const time = (at: number | null): string => (at === null ? '' : formatTime(at))
  const rows = holds.map(({ name, run, from, until, actor, reason }) => {
    return [visible(name), run ?? 'everything', time(from), time(until), visible(actor), visible(reason)]
  })
  return table(holdColumns, rows)
}
