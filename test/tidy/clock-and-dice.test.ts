/** Time only from Clock, chance only from Dice, the environment only in config/load.ts. */
import { expect, test } from 'vitest'
import { type SourceFile, sourceOf, sources } from './source.ts'

/** What each file may use of the world itself, and why. */
const allowed: Readonly<Record<string, readonly [uses: readonly string[], why: string]>> = {
  'src/base/clock.ts': [['Date.now', 'performance.now'], 'it is the clock'],
  'src/base/dice.ts': [['randomFillSync'], 'they are the dice'],
  'src/config/load.ts': [['process.env'], 'it reads the environment'],
  'src/main.ts': [['process.env'], 'the composition root hands it to the command line'],
  'src/edge/uws-loader.ts': [['process.env'], 'the native listener reads its header limit from there and nowhere else'],
  'src/cli/demo/agents/call.ts': [['randomUUID'], 'a demo agent stands for a program that is not ours'],
  'src/cli/demo/agents/serve-agent.ts': [['randomUUID'], 'a demo agent stands for a program that is not ours'],
}

/** `new Date(at)` only writes a time that somebody was given. */
const forms: readonly (readonly [name: string, form: RegExp])[] = [
  ['Date.now', /\bDate\.now\b/],
  ['new Date()', /\bnew Date\(\s*\)|\bDate\(\s*\)/],
  ['performance.now', /\bperformance\.(?:now|timeOrigin)\b/],
  ['process.hrtime', /\bprocess\.(?:hrtime|uptime)\b/],
  ['process.env', /\bprocess\.env\b|\benv\b.*from 'node:process'/],
  ['Math.random', /\bMath\.random\b/],
  ['randomUUID', /\brandomUUID(?:v7)?\b/],
  ['randomBytes', /\brandom(?:Bytes|Int)\b|\bgetRandomValues\b/],
  ['randomFillSync', /\brandomFill(?:Sync)?\b/],
]

function strays({ path, text }: SourceFile): readonly string[] {
  const uses = allowed[path]?.[0] ?? []
  return forms.filter(([name, form]) => form.test(text) && !uses.includes(name)).map(([name]) => `${path} uses ${name}`)
}

test('time comes from Clock, chance from Dice, and the environment from config/load.ts', () => {
  expect(sources().flatMap(strays)).toEqual([])
})

test('every exception is still needed', () => {
  const files = new Map(sources().map((file) => [file.path, file.text]))
  const idle = Object.entries(allowed).flatMap(([path, [uses]]) =>
    uses.filter((use) => !forms.some(([name, form]) => name === use && form.test(files.get(path) ?? ''))),
  )
  expect(idle).toEqual([])
})

test.each([
  'const at = Date.now()',
  'const today = new Date()',
  'const id = crypto.randomUUID()',
  'const home = process.env.HOME',
  'const luck = Math.random()',
])('the fence catches `%s`', (line) => {
  expect(strays(sourceOf('src/pipeline/planted.ts', line))).toHaveLength(1)
})
