/** The credential a bridge shows. A file is read again for each message, so that whoever renews it there needs no restart. */
import { readFile } from 'node:fs/promises'
import { type CliProblem, isProblem, problem } from '../exit-codes.ts'

export interface CredentialPlace {
  readonly tokenFile: string | null
  /** Name of the variable, and what it holds. */
  readonly tokenEnv: { readonly name: string; readonly value: string | undefined }
}

/** The value of `authorization`, null where none is shown, or why there is none to be had. */
export type ReadCredential = () => Promise<string | null | CliProblem>

const token_chars_max = 16_384

/** `insisted` is whether the variable was asked for by name. */
export function credentialFrom({ tokenFile, tokenEnv }: CredentialPlace, insisted: boolean): ReadCredential {
  if (tokenFile !== null) return () => fromFile(tokenFile)
  const { name, value } = tokenEnv
  const read = value ? bearer(value, `The variable ${name}`) : null
  const missing = insisted ? problem('usage', `The variable ${name} is not set.`) : null
  return () => Promise.resolve(read ?? missing)
}

async function fromFile(path: string): Promise<string | CliProblem> {
  try {
    return bearer(await readFile(path, 'utf8'), path)
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    return problem('not_found', `The token file ${path} cannot be read (${why}).`)
  }
}

function bearer(text: string, where: string): string | CliProblem {
  const token = text.trim()
  if (token.startsWith('{'))
    return problem(
      'usage',
      `${where} holds a token that is bound to a key, which cannot be shown over this pipe; use an API key or a bearer token.`,
    )
  if (!/^[\x21-\x7e]+$/.test(token) || token.length > token_chars_max)
    return problem('usage', `${where} does not hold a token: one line of printable characters.`)
  return `Bearer ${token}`
}

export function isCredential(read: string | null | CliProblem): read is string | null {
  return typeof read === 'string' || !isProblem(read)
}
