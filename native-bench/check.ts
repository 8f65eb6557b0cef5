/** `npm run check`: format, lint, types, dead code and the fast tests, side by side, each shown as it ends. */
import { spawn } from 'node:child_process'

const steps: Readonly<Record<string, readonly string[]>> = {
  format: ['oxfmt', '--check', '.'],
  lint: ['oxlint', '--type-aware', '--deny-warnings'],
  types: ['tsc', '--noEmit'],
  dead: ['knip', '--no-progress'],
  unit: ['vitest', 'run', '--project', 'fast'],
}

interface Ended {
  readonly name: string
  readonly code: number
  readonly output: string
  readonly seconds: number
}

function run(name: string, command: readonly string[]): Promise<Ended> {
  const [program = '', ...rest] = command
  const started = performance.now()
  return new Promise((resolve) => {
    const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'] })
    const chunks: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.on('error', (error) => chunks.push(Buffer.from(`${error.message}\n`)))
    child.on('close', (code) => {
      const seconds = (performance.now() - started) / 1000
      resolve({ name, code: code ?? 1, output: Buffer.concat(chunks).toString(), seconds })
    })
  })
}

const ended = await Promise.all(
  Object.entries(steps).map(async ([name, command]) => {
    const result = await run(name, command)
    const mark = result.code === 0 ? 'ok  ' : 'FAIL'
    process.stdout.write(`${mark} ${name.padEnd(7)} ${result.seconds.toFixed(1)} s\n`)
    return result
  }),
)

const failed = ended.filter((result) => result.code !== 0)
for (const result of failed) process.stdout.write(`\n--- ${result.name}\n${result.output}`)
process.exitCode = failed.length === 0 ? 0 : 1
