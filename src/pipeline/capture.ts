/**
 * What is kept of a payload, by the rules of `ledger.capture`: a salted hash in the record and, at higher levels, the payload
 * itself on its way to the vault. Never waits: where the vault is behind, the payload is dropped and the record says so.
 */
import { hash } from 'node:crypto'
import { isJsonObject, readJson } from '../base/json.ts'
import { type AnyCall, targetName } from '../domain/call.ts'
import type { Commitment } from '../domain/commitment.ts'
import type { PayloadPart } from '../ledger/vault/payloads.ts'
import { isCredentialName, scrubText } from '../observe/scrub.ts'
import type { Road, Snapshot } from './road.ts'

type CaptureSettings = Snapshot['settings']['ledger']['capture']

interface Kept {
  readonly road: Pick<Road, 'ledger' | 'dice' | 'clock'>
  readonly settings: CaptureSettings
  readonly call: AnyCall
  readonly person: string | null
}

const salt_bytes = 16
const depth_max = 32
const redacted = '[redacted]'

/** What the record says of a payload; null where nothing is kept of it. */
export function capture(
  { road, settings, call, person }: Kept,
  part: PayloadPart,
  payload: Uint8Array | string,
): Commitment | null {
  const level = levelOf(settings, targetName(call.target))
  if (level === 'none' || payload.length === 0) return null
  const whole = Buffer.from(payload)
  const told = level === 'redacted' ? redact(whole, settings.blank) : whole
  const { captured_bytes, days, total_bytes } = settings
  const kept = told.subarray(0, captured_bytes)
  const truncated = kept.length < told.length
  const salt = Buffer.from(road.dice.hex(salt_bytes), 'hex')
  const c = hash('sha256', Buffer.concat([salt, kept]), 'base64url')
  const facts = { rid: call.id, part, level, at: road.clock.now(), person, truncated }
  const bytes = level === 'hash' ? new Uint8Array() : kept
  const taken = road.ledger.people.keep({ ...facts, salt, bytes, limits: { days, total_bytes } })
  const flags = { ...(truncated && { truncated }), ...(!taken && { dropped: true as const }) }
  return { alg: 'sha-256', c, n: kept.length, level, ...flags }
}

/** The first rule that names the target counts. */
export function levelOf({ rules, level }: CaptureSettings, target: string): CaptureSettings['level'] {
  return rules.find((rule) => names(rule.target, target))?.level ?? level
}

/** `*` stands for any characters. Linear: each piece is looked for once, from where the one before it ended. */
function names(glob: string, target: string): boolean {
  const [first = '', ...pieces] = glob.split('*')
  if (pieces.length === 0) return glob === target
  if (!target.startsWith(first)) return false
  let at = first.length
  const last = pieces.pop() ?? ''
  for (const piece of pieces) {
    const found = target.indexOf(piece, at)
    if (found === -1) return false
    at = found + piece.length
  }
  return target.length - last.length >= at && target.endsWith(last)
}

/** Without secrets, and without the members that are to be blank: of a JSON text, or of each event of a stream. */
export function redact(payload: Buffer, blank: readonly string[]): Buffer {
  const text = payload.toString()
  const left = new Set(blank.map((name) => name.toLowerCase()))
  const told = jsonWithout(text, left)
  if (told !== null) return Buffer.from(told)
  // A JSON text that was cut: nobody can tell what in it is a secret.
  if (structure.test(text)) return Buffer.from(redacted)
  return Buffer.from(scrubText(text.replaceAll(dataLines, (lines) => eventWithout(lines, left))))
}

const structure = /^\s*[[{]/
/** All of one event. */
const dataLines = /^data:[^\r\n]*(?:(?:\r\n|\r|\n)data:[^\r\n]*)*/gm
/** How streams of models end. */
const lastEvent = 'data: [DONE]'

/** One that was cut cannot be read either. */
function eventWithout(lines: string, blank: ReadonlySet<string>): string {
  if (lines === lastEvent) return lines
  const data = lines.split(/\r\n|\r|\n/).map((line) => line.slice('data:'.length))
  return `data: ${jsonWithout(data.join('\n'), blank) ?? redacted}`
}

function jsonWithout(text: string, blank: ReadonlySet<string>): string | null {
  const read = readJson(text, depth_max)
  return read.ok ? JSON.stringify(without(read.value, blank)) : null
}

function without(value: unknown, blank: ReadonlySet<string>): unknown {
  if (typeof value === 'string') return scrubText(value)
  if (Array.isArray(value)) return value.map((item) => without(item, blank))
  if (!isJsonObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      blank.has(name.toLowerCase()) || isCredentialName(name) ? redacted : without(member, blank),
    ]),
  )
}
