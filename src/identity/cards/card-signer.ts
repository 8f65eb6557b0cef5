/** Signs agent cards (A2A 1.0 section 8.4): a JWS over the RFC 8785 text of the card without its signatures. */
import { canonicalJson } from '../../base/jcs.ts'
import type { JsonObject } from '../../base/json.ts'
import { type Denial, deny, isDenial } from '../../domain/verdict.ts'
import type { Keyring } from '../keys/keyring.ts'
import type { Prover } from '../proofs/prover.ts'

/** One of `signatures` in a card. */
export interface CardSignature {
  readonly protected: string
  readonly signature: string
}

export interface SignCard {
  /** The unsigned card with one signature for each way in which it will be read, or `busy`. */
  (card: JsonObject, readings: readonly JsonObject[]): Promise<JsonObject | Denial>
  /** The key cards are signed with now: who keeps a signed card keeps it for this key. */
  kid(): string
}

export interface CardSignerParts {
  readonly keys: Pick<Keyring, 'signer'>
  readonly prover: Prover
  readonly publicUrl: string
}

export function openCardSigner({ keys, prover, publicUrl }: CardSignerParts): SignCard {
  const jku = `${publicUrl}/.well-known/jwks.json`
  const signOne = async (reading: JsonObject): Promise<CardSignature | Denial> => {
    const { kid, alg } = keys.signer('card')
    const header = encode(canonicalJson({ alg, typ: 'JOSE', kid, jku }))
    const raw = await prover.sign({ kid, input: `${header}.${encode(canonicalJson(reading))}` })
    if (isDenial(raw)) return raw
    const signature = raw.split('.')[2]
    return signature ? { protected: header, signature } : deny('busy', 'the proof pool gave no signature')
  }
  const sign = async (card: JsonObject, readings: readonly JsonObject[]): Promise<JsonObject | Denial> => {
    const signatures = await Promise.all(readings.map(signOne))
    return signatures.find(isDenial) ?? { ...card, signatures }
  }
  return Object.assign(sign, { kid: () => keys.signer('card').kid })
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64url')
}
