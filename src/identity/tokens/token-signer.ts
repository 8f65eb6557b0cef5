/**
 * Signs what Weir issues with the key that signs at that moment. The header comes first, because a chain commits to it
 * before there is a signature; a key that is retired meanwhile still finishes what was begun.
 */
import type { JsonObject } from '../../base/json.ts'
import type { Denial } from '../../domain/verdict.ts'
import type { Keyring } from '../keys/keyring.ts'
import type { Prover } from '../proofs/prover.ts'

export interface TokenSigner {
  /** The key for a token of this `typ`, and its header in base64url. */
  begin(typ: string): { readonly kid: string; readonly header: string }
  /** The compact JWS of `header.claims`, or `busy` if it cannot be signed now. */
  sign(task: { readonly kid: string; readonly input: string }): Promise<string | Denial>
}

/** A token of this `typ` with these claims, or `busy`. */
export type SignJwt = (typ: string, claims: JsonObject) => Promise<string | Denial>

export function openTokenSigner(keys: Pick<Keyring, 'signer'>, prover: Prover): TokenSigner {
  return {
    begin(typ) {
      const { kid, alg } = keys.signer('token')
      return { kid, header: encode({ alg, typ, kid }) }
    },
    sign: (task) => prover.sign(task),
  }
}

export function jwtSigner(signer: TokenSigner): SignJwt {
  return async (typ, claims) => {
    const { kid, header } = signer.begin(typ)
    return await signer.sign({ kid, input: `${header}.${encode(claims)}` })
  }
}

function encode(part: JsonObject): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}
