/** The real command line as a process of its own: what it said, and how it ended. */
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..', '..')
export const main = join(root, 'src/main.ts')

export interface CommandEnded {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Command {
  readonly child: ChildProcess
  readonly ended: Promise<CommandEnded>
  /** Resolves as soon as it has said this, on stdout or stderr; throws where the process ends without. */
  said(text: string): Promise<void>
}

export interface Around {
  readonly cwd?: string
  /** Laid over those of the test. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** All of stdin; nothing if absent. */
  readonly input?: string
}

const patience_ms = 60_000

/** `weir` with these arguments. */
export function weirCommand(args: readonly string[], around: Around = {}): Command {
  return command(process.execPath, [main, ...args], around)
}

export function command(program: string, args: readonly string[], { cwd = root, env, input }: Around = {}): Command {
  const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: 'pipe' })
  const late = setTimeout(() => child.kill('SIGKILL'), patience_ms)
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  // It may have ended before it read what it was given.
  child.stdin.on('error', () => undefined)
  if (input !== undefined) child.stdin.end(input)
  const ended = new Promise<CommandEnded>((resolve) => {
    child.once('close', (code) => {
      clearTimeout(late)
      resolve({ code, stdout, stderr })
    })
  })
  return {
    child,
    ended,
    said: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (stdout.includes(text) || stderr.includes(text)) resolve()
        }
        child.stdout.on('data', look)
        child.stderr.on('data', look)
        look()
        void ended.then(() => reject(new Error(`it ended without ${text}: ${stdout}${stderr}`)))
      }),
  }
}
