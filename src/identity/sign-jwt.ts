/** Signs what Weir says to others with the key of its tokens; the key itself stays in the proof pool. */
import type { JsonObject } from '../base/json.ts'
import type { Denial } from '../domain/verdict.ts'
import type { Prover } from './prover.ts'

/** The compact JWS of these claims under a header with this `typ`; `busy` if it cannot be signed now. */
export type SignJwt = (typ: string, claims: JsonObject) => Promise<string | Denial>

export function jwtSigner(kid: string, prover: Prover): SignJwt {
  return async (typ, claims) => await prover.sign(`${encode({ alg: 'ES256', typ, kid })}.${encode(claims)}`)
}

function encode(part: JsonObject): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}
