/** Colour only where a person looks, and no control character of ours or anybody's data where one does not. */
import { styleText } from 'node:util'

/** What a text means; the table below says how it looks. */
export type Tone = 'good' | 'bad' | 'warn' | 'strong' | 'quiet'

/** Wraps a text in the escape codes of a tone, or returns it as it is. */
export type Paint = (tone: Tone, text: string) => string

const styles: Readonly<Record<Tone, Parameters<typeof styleText>[0]>> = {
  good: 'green',
  bad: ['red', 'bold'],
  warn: 'yellow',
  strong: 'bold',
  quiet: 'dim',
}

/** `NO_COLOR` (no-color.org) wins, then `CLICOLOR_FORCE`, then whether it is a terminal. An empty value counts as unset. */
export function wantsColor(isTTY: boolean, env: Readonly<Record<string, string | undefined>>): boolean {
  if (env['NO_COLOR']) return false
  if (env['CLICOLOR_FORCE'] && env['CLICOLOR_FORCE'] !== '0') return true
  return isTTY
}

export function paintWith(color: boolean): Paint {
  return color ? (tone, text) => styleText(styles[tone], text, { validateStream: false }) : (_tone, text) => text
}

/** Text from outside for a terminal: C0, C1 and bidirectional controls become visible instead of acting. */
export function visible(text: string): string {
  return text.replace(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, (found) => {
    return `\\u${(found.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`
  })
}

/** The same for text that a model reads too: whatever a person would not see is written out. */
export function allVisible(text: string): string {
  return visible(text).replace(/[\p{Cf}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/gu, (found) => {
    return `\\u{${(found.codePointAt(0) ?? 0).toString(16).toUpperCase()}}`
  })
}
