/** What the pages about policies share: places an editor can go to, and who calls whom. */
import type { PolicyPlace } from '../../policy/source.ts'
import { visible } from '../paint.ts'

/** `graph.cedar:12`, below its folder; empty where a policy has no place. */
export function placeText(place: PolicyPlace | null, dir: string | null = null): string {
  if (place === null) return ''
  return `${dir === null ? '' : `${dir.replace(/\/$/, '')}/`}${place.file}:${place.line}`
}

export function arrow(from: string, to: string): string {
  return `${visible(from)} → ${visible(to)}`
}

/** Each line moved in by so many blanks, and made visible. */
export function indented(text: string, blanks: number): string {
  const lines = text.trim().split('\n')
  return lines.map((line) => `${' '.repeat(blanks)}${visible(line)}\n`).join('')
}

/** `1 call`, `1,204 calls`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? noun : plural}`
}
