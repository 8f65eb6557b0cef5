/**
 * Keeps what we prove to providers out of what callers get. Providers echo keys and the name of the organisation in their
 * errors; none of that is the caller's business.
 */
import type { ProviderSettings } from '../../config/settings-models.ts'
import type { HeaderList } from '../../protocol/http.ts'

/** Shorter values are no secrets but words, `ollama` or `beta`, and stand in many an answer. */
const chars_min = 12

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
  readonly #needles: readonly Buffer[]

  constructor({ keys, headers }: Pick<ProviderSettings, 'keys' | 'headers'>) {
    const values = [...keys.map(({ key }) => key), ...headers.map(([, value]) => value)].map((each) => each.reveal())
    this.#needles = values.filter(({ length }) => length >= chars_min).map((value) => Buffer.from(value))
  }

  isIn(bytes: Buffer): boolean {
    for (const needle of this.#needles) if (bytes.includes(needle)) return true
    return false
  }

  /** The body of an error without them; the very same bytes where there is none in it. */
  without(body: Buffer): Buffer {
    const text = body.toString('latin1')
    let plain = text
    for (const needle of this.#needles) plain = plain.replaceAll(needle.toString('latin1'), instead)
    plain = plain.replace(forms, `$1$2${instead}`)
    return plain === text ? body : Buffer.from(plain, 'latin1')
  }

  /** Headers that hold none. */
  outOf(headers: HeaderList): HeaderList {
    return headers.filter(([, value]) => !this.isIn(Buffer.from(value)))
  }
}
