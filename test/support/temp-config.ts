/** A configuration file in a directory of its own, with an empty policy directory beside it. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { isLoaded, loadConfig, type Loaded } from '../../src/config/load.ts'
import { formatProblems } from '../../src/config/problems.ts'
import type { Environment } from '../../src/config/references.ts'

export interface TempConfig extends AsyncDisposable {
  readonly dir: string
  readonly path: string
  write(text: string): Promise<void>
  /** Writes another file, path relative to the directory. */
  put(name: string, text: string): Promise<void>
}

export async function tempConfig(text: string): Promise<TempConfig> {
  const dir = await mkdtemp(join(tmpdir(), 'weir-config-'))
  const path = join(dir, 'weir.yaml')
  await mkdir(join(dir, 'policy'))
  await writeFile(path, text)
  return {
    dir,
    path,
    write: (next) => writeFile(path, next),
    async put(name, content) {
      await mkdir(dirname(join(dir, name)), { recursive: true })
      await writeFile(join(dir, name), content)
    },
    [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }),
  }
}

/** The problems of a file as lines, empty if there are none. */
export async function problemsOf(text: string, env: Environment = {}): Promise<readonly string[]> {
  await using config = await tempConfig(text)
  const outcome = await loadConfig(config.path, env)
  return isLoaded(outcome) ? [] : formatProblems(outcome, { color: false }).trimEnd().split('\n')
}

/** What a file is loaded into; throws if it has problems. */
export async function loadedOf(text: string, env: Environment = {}): Promise<Loaded> {
  await using config = await tempConfig(text)
  return await mustLoad(config.path, env)
}

export async function mustLoad(path: string, env: Environment = {}): Promise<Loaded> {
  const outcome = await loadConfig(path, env)
  if (isLoaded(outcome)) return outcome
  throw new Error(formatProblems(outcome, { color: false }))
}
