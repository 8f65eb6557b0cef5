/** Signs what Weir issues, always with the key that signs at that moment. */
import type { JsonObject } from '../base/json.ts'
import { type Denial, deny, isDenial } from '../domain/verdict.ts'
import type { Keyring } from './keyring.ts'
import type { Prover } from './prover.ts'

export interface SignedToken {
  /** The compact JWS. */
  readonly raw: string
  readonly kid: string
}

/** A token of this `typ`, or `busy` if it cannot be signed now. */
export type SignToken = (typ: string, claims: JsonObject) => Promise<SignedToken | Denial>

/** A key may be retired while its signature is being made; then its successor signs the same claims. */
const attempts_max = 3

export function openTokenSigner(keys: Pick<Keyring, 'signer'>, prover: Prover): SignToken {
  return async (typ, claims) => {
    const payload = encode(claims)
    for (let attempt = 0; attempt < attempts_max; attempt++) {
      const { kid, alg } = keys.signer('token')
      const raw = await prover.sign({ kid, input: `${encode({ alg, typ, kid })}.${payload}` })
      if (keys.signer('token').kid === kid) return isDenial(raw) ? raw : { raw, kid }
    }
    return deny('busy', 'the signing key changes faster than it can be used')
  }
}

function encode(part: JsonObject): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}
