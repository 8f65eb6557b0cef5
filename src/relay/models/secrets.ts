/**
 * Keeps what we prove to providers out of what callers get. Providers echo keys and the name of the organisation in their
 * errors; none of that is the caller's business.
 */
import type { Secret } from '../../config/secret.ts'
import type { ProviderSettings } from '../../config/settings-models.ts'
import type { HeaderList } from '../../protocol/http.ts'

/** Shorter values are no secrets but words, `ollama` or `beta`, and stand in many an answer. */
const bytes_min = 12

const instead = '[redacted]'

/** Keys and accounts by their form, as OpenAI and Anthropic write them. */
const forms = /\b(sk|org|proj)([-_])[A-Za-z0-9_-]{8,}/g

const known = new WeakMap<ProviderSettings, ProviderSecrets>()

/** Those of one provider, laid out once for as long as its settings are in force. */
export function secretsOf(provider: ProviderSettings): ProviderSecrets {
  const before = known.get(provider)
  if (before) return before
  const secrets = new ProviderSecrets(provider)
  known.set(provider, secrets)
  return secrets
}

export class ProviderSecrets {
  readonly #keys: readonly Buffer[]
  /** Keys, and what the operator's headers say: an account, a project. */
  readonly #all: readonly Buffer[]

  constructor({ keys, headers }: Pick<ProviderSettings, 'keys' | 'headers'>) {
    this.#keys = needles(keys.map(({ key }) => key))
    this.#all = [...this.#keys, ...needles(headers.map(([, value]) => value))]
  }

  /** Whether a key is in what a model wrote. Headers are not looked for: the name of an application is a word like others. */
  isIn(bytes: Buffer): boolean {
    for (const needle of this.#keys) if (bytes.includes(needle)) return true
    return false
  }

  /** The body of an error without them; the very same bytes where there is none in it. */
  without(body: Buffer): Buffer {
    const text = body.toString('latin1')
    let plain = text
    for (const needle of this.#all) plain = plain.replaceAll(needle.toString('latin1'), instead)
    plain = plain.replace(forms, `$1$2${instead}`)
    return plain === text ? body : Buffer.from(plain, 'latin1')
  }

  /** Headers that hold none. */
  outOf(headers: HeaderList): HeaderList {
    return headers.filter(([, value]) => !this.#all.some((needle) => Buffer.from(value).includes(needle)))
  }
}

function needles(secrets: readonly Secret[]): readonly Buffer[] {
  return secrets.map((each) => Buffer.from(each.reveal())).filter(({ length }) => length >= bytes_min)
}
