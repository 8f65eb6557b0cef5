/** Reads a policy directory from disk, off the hot path. What the files say is the compiler's business. */
import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { PolicyFile, PolicyProblem, PolicySource } from './source.ts'

const schemaName = 'schema.cedarschema'
const policyEnding = '.cedar'
const filesMax = 256
/** A thousand policies are about 200 kB, and a thousand-fold more would stall the compiler for minutes. */
const bytesMax = 4 * 1024 * 1024

/**
 * Reads `schema.cedarschema` and every `*.cedar` of a directory (not of its subdirectories). A directory without
 * a schema, without policies or larger than 256 files or 4 MiB is refused, and so is one that cannot be read.
 */
export async function loadPolicies(dir: string): Promise<PolicySource | readonly PolicyProblem[]> {
  try {
    const entries = await readdir(dir, { withFileTypes: true })
    const names = entries.filter((entry) => !entry.isDirectory()).map((entry) => entry.name)
    const policies = names.filter((name) => name.endsWith(policyEnding)).toSorted(byCodeUnit)
    if (!names.includes(schemaName)) return [problem(dir, `there is no ${schemaName} here`)]
    if (policies.length === 0) return [problem(dir, `there is no *${policyEnding} file here, so nothing is allowed`)]
    if (policies.length > filesMax) return [problem(dir, `there are more than ${filesMax} policy files here`)]
    if ((await totalSize(dir, [schemaName, ...policies])) > bytesMax)
      return [problem(dir, `the policy files are larger than ${bytesMax} bytes together`)]
    return sourceOf(await readOne(dir, schemaName), await Promise.all(policies.map((name) => readOne(dir, name))))
  } catch (error) {
    return [problem(dir, `the policies cannot be read: ${error instanceof Error ? error.message : String(error)}`)]
  }
}

/** Puts files together and names them by their content. */
export function sourceOf(schema: PolicyFile, files: readonly PolicyFile[]): PolicySource {
  return { schema, files, hash: fingerprint([schema, ...files]), schemaHash: fingerprint([schema]) }
}

async function readOne(dir: string, name: string): Promise<PolicyFile> {
  return { name, text: await readFile(join(dir, name), 'utf8') }
}

async function totalSize(dir: string, names: readonly string[]): Promise<number> {
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(dir, name))).size))
  return sizes.reduce((sum, size) => sum + size, 0)
}

/** Lengths are hashed too, so that no text can move from one file to the next unnoticed. */
function fingerprint(files: readonly PolicyFile[]): string {
  const hash = createHash('sha256')
  for (const { name, text } of files) hash.update(`${name}\0${text.length}\0${text}\0`)
  return hash.digest('hex')
}

function byCodeUnit(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}

function problem(file: string, message: string): PolicyProblem {
  return { file, line: 0, column: 0, message, help: null }
}
