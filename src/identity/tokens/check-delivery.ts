/**
 * Judges a delivery token long after it was minted: whether Weir signed it, with a key that was in use then, and whether
 * it holds together. Whether it would still be accepted is another question, which nobody asks of evidence.
 */
import { compactVerify, importJWK } from 'jose'
import { type Denial, deny, isDenial } from '../../domain/verdict.ts'
import type { Delegation } from '../../domain/principal.ts'
import { deliveryTyp, readDelivery } from './delivery.ts'
import type { Keyring } from '../keys/keyring.ts'
import { isText, readToken } from '../strict-jwt.ts'

/** `iat` is in whole seconds, so a token may look up to a second older than its key. */
const second_ms = 999

/** What the token said, or why it proves nothing. */
export async function checkDelivery(
  raw: string,
  keys: Pick<Keyring, 'publicKey' | 'isValidAt'>,
): Promise<Delegation | Denial> {
  const token = readToken(raw)
  if (isDenial(token)) return token
  const { kid, claims, alg, typ } = token
  const { iat, exp, sub, jti } = claims
  const jwk = keys.publicKey(kid)
  if (!jwk) return refuse('it names a key that Weir never had')
  if (alg !== 'ES256' || typ !== deliveryTyp) return refuse('it is no delivery token')
  if (typeof iat !== 'number' || typeof exp !== 'number' || !isText(sub) || !isText(jti))
    return refuse('iat, exp, sub or jti is missing')
  const signedAt = iat * 1000
  if (!keys.isValidAt(kid, signedAt) && !keys.isValidAt(kid, signedAt + second_ms))
    return refuse('its key was not in use then, or was revoked since')
  try {
    await compactVerify(raw, await importJWK({ ...jwk }, alg))
  } catch {
    return refuse('its signature does not hold')
  }
  return readDelivery(token, { sub, jti, issuedAt: signedAt, expiresAt: exp * 1000 }, Number.POSITIVE_INFINITY)
}

function refuse(detail: string): Denial {
  return deny('unauthenticated', detail)
}
