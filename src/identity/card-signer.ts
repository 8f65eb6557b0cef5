/** Signs agent cards (A2A 1.0 section 8.4): a JWS over the RFC 8785 text of the card without its signatures. */
import { canonical } from '../base/jcs.ts'
import type { JsonObject } from '../base/json.ts'
import { type Denial, deny, isDenial } from '../domain/verdict.ts'
import type { Keyring } from './keyring.ts'
import type { Prover } from './prover.ts'

/** One of `signatures` in a card. */
export interface CardSignature {
  readonly protected: string
  readonly signature: string
}

export interface SignCard {
  /** The card with one signature, or `busy`. */
  (card: JsonObject): Promise<JsonObject | Denial>
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
  const sign = async (card: JsonObject): Promise<JsonObject | Denial> => {
    const { signatures: _, ...signed } = card
    const { kid, alg } = keys.signer('card')
    const header = encode(canonical({ alg, typ: 'JOSE', kid, jku }))
    const raw = await prover.sign({ kid, input: `${header}.${encode(canonical(signed))}` })
    if (isDenial(raw)) return raw
    const signature = raw.split('.')[2]
    if (!signature) return deny('busy', 'the proof pool gave no signature')
    const one: CardSignature = { protected: header, signature }
    return { ...signed, signatures: [one] }
  }
  return Object.assign(sign, { kid: () => keys.signer('card').kid })
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64url')
}
