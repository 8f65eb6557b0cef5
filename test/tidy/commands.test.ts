/** Whoever types what a page prints gets what it promises: every command and option of the pages is one of the program. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { run } from '../unit/cli/fake-deps.ts'
import { root } from './source.ts'

const pages = globSync(['README.md', 'docs/**/*.md'], { cwd: root }).toSorted()
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

/** Command lines of a page without the leading `weir`: from code spans, and from blocks with their lines joined. */
function linesOf(page: string): readonly string[] {
  const text = read(page).replaceAll(/\\\n\s*/g, '')
  const spans = [...text.matchAll(/`(?:npm run -s )?weir (?:-- )?([^`]+)`/g)]
  const typed = [...text.matchAll(/^ *(?:\$ )?(?:npm run -s )?weir (?:-- )?([a-z].*)$/gm)]
  return [...spans, ...typed].map((found) => (found[1] ?? '').replaceAll(/\s+/g, ' '))
}

async function helpOf(...path: readonly string[]): Promise<string> {
  return (await run([...path, '--help'])).stdout
}

/** Names of the commands that a help lists below its headings. */
function listed(help: string): readonly string[] {
  const [, below = ''] = help.split(/^ {2}-h, --help.*$/m)
  return [...below.matchAll(/^ {2}([a-z]+)\b/gm)].map((found) => found[1] ?? '').filter((name) => name !== 'help')
}

/** What is wrong with a line; null if all of it exists. */
async function mistakeIn(line: string): Promise<string | null> {
  const [noun = '', next = ''] = line.split(' ')
  if (noun === '<command>') return null
  if (!listed(await helpOf()).includes(noun) && noun !== 'docs') return `${line}: no command ${noun}`
  const verbs = listed(await helpOf(noun))
  const verb = verbs.length > 0 && /^[a-z]+$/.test(next) ? next : null
  if (verb !== null && !verbs.includes(verb)) return `${line}: no command ${noun} ${verb}`
  const defaultVerb = verbs.includes('ls') ? ['ls'] : []
  const help = await helpOf(noun, ...(verb === null ? defaultVerb : [verb]))
  const options = [...line.matchAll(/--[a-z]+(?:-[a-z]+)*/g)].map(([option]) => option)
  const unknown = options.filter((option) => option !== '--help' && !help.includes(option))
  return unknown.length === 0 ? null : `${line}: no option ${unknown.join(', ')}`
}

test.each(pages)('every command that %s prints exists, with its options', async (page) => {
  const mistakes = await Promise.all(linesOf(page).map(mistakeIn))
  expect(mistakes.filter((mistake) => mistake !== null)).toEqual([])
})

test('a command and an option that do not exist would be found', async () => {
  expect(await mistakeIn('police graph')).toBe('police graph: no command police')
  expect(await mistakeIn('runs prove run_1')).toBe('runs prove run_1: no command runs prove')
  expect(await mistakeIn('keys rotate --use token --soon')).toBe('keys rotate --use token --soon: no option --soon')
})

test('the page of the command line names every command', async () => {
  const named = [...read('docs/reference/cli.md').matchAll(/`weir ([a-z]+)(?: \[?([a-z]+)\]?)?/g)]
  const words = new Set(named.flatMap(([, noun, verb]) => [noun, `${noun} ${verb}`]))
  const nouns = listed(await helpOf())
  const commands = await Promise.all(
    nouns.map(async (noun) => {
      const verbs = listed(await helpOf(noun))
      return verbs.length === 0 ? [noun] : verbs.map((verb) => `${noun} ${verb}`)
    }),
  )
  expect(nouns.length).toBeGreaterThan(10)
  expect(commands.flat().filter((command) => !words.has(command))).toEqual([])
})
