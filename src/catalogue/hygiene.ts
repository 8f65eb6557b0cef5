/**
 * What a definition may not hold whoever approved its server: text that a person does not see and a model reads, and
 * schemas that cost too much or reach outside. Each finding names its place as a JSON path.
 */
import type { JsonObject } from '../base/json.ts'
import { isJsonObject } from '../base/json.ts'

export interface HygieneMaximums {
  /** Of a description, in characters. */
  readonly tool_description_chars: number
}

/** Findings for people; more of them say nothing new. */
const findings_max = 8
const subschemas_max = 4096
const patterns_max = 256
const pattern_chars_max = 1024
const name_chars_max = 256

/** Controls, zero-width and bidirectional characters, tags, private use, fillers; and the blank of Braille. */
const unseen = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/gu
const layout: ReadonlySet<string> = new Set(['\n', '\r', '\t'])
/** Between these, a joiner is spelling: emoji that are made of several, and scripts whose letters join. */
const beforeJoiner =
  /(?:\p{Extended_Pictographic}\p{Emoji_Modifier}?\ufe0f?|[\p{Script=Arabic}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gujarati}\p{Script=Gurmukhi}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Oriya}\p{Script=Sinhala}\p{Script=Tamil}\p{Script=Telugu}\p{M}])$/u
const beforeSelector = /[\p{Extended_Pictographic}\p{Emoji}]$/u

/** Text with everything invisible in it written out: `\u{200B}`. */
export function visibleText(text: string): string {
  return text.replace(unseen, (found) => (layout.has(found) ? found : written(found)))
}

function written(found: string): string {
  return `\\u{${(found.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}}`
}

/** What is wrong with the texts and schemas of a definition: nothing, mostly. */
export function hygieneFindings(definition: JsonObject, maximums: HygieneMaximums): readonly string[] {
  const findings: string[] = []
  const say = (finding: string): void => {
    if (findings.length < findings_max && !findings.includes(finding)) findings.push(finding)
  }
  const { name, description } = definition
  if (typeof name === 'string' && name.length > name_chars_max)
    say(`$.name has ${name.length} characters, more than ${name_chars_max}`)
  const chars_max = maximums.tool_description_chars
  if (typeof description === 'string' && description.length > chars_max)
    say(`$.description has ${description.length} characters, more than maximums.tool_description_chars (${chars_max})`)
  lookAtTexts(definition, '$', say)
  for (const member of ['inputSchema', 'outputSchema']) lookAtSchema(definition[member], `$.${member}`, say)
  return findings
}

type Say = (finding: string) => void

function lookAtTexts(value: unknown, path: string, say: Say): void {
  if (typeof value === 'string') return lookAtText(value, path, say)
  if (Array.isArray(value)) return value.forEach((each, i) => lookAtTexts(each, `${path}[${i}]`, say))
  if (!isJsonObject(value)) return
  for (const [name, each] of Object.entries(value)) {
    lookAtText(name, `a name in ${path}`, say)
    lookAtTexts(each, step(path, name), say)
  }
}

function lookAtText(text: string, path: string, say: Say): void {
  const comment = text.indexOf('<!--')
  if (comment !== -1) say(`${path} holds an HTML comment`)
  for (const { 0: found, index } of text.matchAll(unseen)) {
    if (layout.has(found) || isSpelling(text, found, index)) continue
    return say(
      `${path} holds ${found === '\u001b' ? 'a terminal escape' : 'an invisible character'}, ${written(found)}`,
    )
  }
}

function isSpelling(text: string, found: string, index: number): boolean {
  const before = text.slice(Math.max(0, index - 8), index)
  if (found === '\u200d' || found === '\u200c') return beforeJoiner.test(before)
  return (found === '\ufe0f' || found === '\ufe0e') && beforeSelector.test(before)
}

/** A path a person can read: names that are no words in quotes, with everything invisible written out. */
export function step(path: string, name: string): string {
  return /^[A-Za-z_$][\w$-]{0,63}$/.test(name)
    ? `${path}.${name}`
    : `${path}[${JSON.stringify(visibleText(name.slice(0, 64)))}]`
}

/** Counts what a validator would have to compile, and finds what it would have to fetch. */
function lookAtSchema(schema: unknown, path: string, say: Say): void {
  let [subschemas, patterns] = [0, 0]
  const walk = (value: unknown, path: string): void => {
    if (Array.isArray(value)) return value.forEach((each, i) => walk(each, `${path}[${i}]`))
    if (!isJsonObject(value)) return
    subschemas += 1
    for (const member of ['$ref', '$dynamicRef', '$recursiveRef']) {
      const to = value[member]
      if (typeof to === 'string' && !to.startsWith('#')) say(`${step(path, member)} leads outside of the definition`)
    }
    const named = isJsonObject(value['patternProperties']) ? Object.keys(value['patternProperties']) : []
    const own = typeof value['pattern'] === 'string' ? [value['pattern']] : []
    patterns += named.length + own.length
    if ([...named, ...own].some((pattern) => pattern.length > pattern_chars_max))
      say(`${path} has a pattern of more than ${pattern_chars_max} characters`)
    for (const [name, each] of Object.entries(value)) walk(each, step(path, name))
  }
  walk(schema, path)
  if (subschemas > subschemas_max) say(`${path} has more than ${subschemas_max} parts`)
  if (patterns > patterns_max) say(`${path} has more than ${patterns_max} patterns`)
}
