/**
 * How the tokens of each kind of workload issuer look: one row for each. A row says only what its issuers leave out or
 * write in another form; everything else is asked of all of them, and a key id always.
 */
import type { IssuerSettings } from '../../config/settings-identity.ts'
import { type Leeway, strict } from '../strict-jwt.ts'

export interface Profile {
  /** '' stands for a header without `typ`. */
  readonly typs: readonly string[]
  readonly leeway: Leeway
  /** Algorithms the kind of issuer may use at all; null for every one the issuer is pinned to. */
  readonly algorithms: readonly string[] | null
  /** The public keys are a SPIFFE bundle, and `sub` is an ID in the trust domain that is its issuer. */
  readonly spiffe: boolean
}

const jose = { algorithms: null, spiffe: false } as const

export const profiles: Readonly<Record<IssuerSettings['profile'], Profile>> = {
  jwt: { typs: ['jwt', 'at+jwt'], leeway: strict, ...jose },
  // The API server writes no typ, always a list of audiences, and a jti only since 1.29.
  kubernetes: { typs: ['', 'jwt'], leeway: { ...strict, aud: 'list_of_one', jti: 'hash' }, ...jose },
  // sts:GetWebIdentityToken.
  aws: { typs: ['jwt'], leeway: strict, ...jose },
  // The metadata server writes no jti.
  gcp: { typs: ['jwt'], leeway: { ...strict, jti: 'hash' }, ...jose },
  // Both versions of Entra ID tokens name themselves by uti.
  azure: { typs: ['jwt'], leeway: { ...strict, jti: 'uti_or_hash' }, ...jose },
  github: { typs: ['jwt'], leeway: strict, ...jose },
  // JWT-SVID sections 2 and 3: sub, aud and exp are all it must say; no EdDSA.
  spiffe: {
    typs: ['', 'jwt', 'jose'],
    leeway: { aud: 'list_of_one', jti: 'hash', iss: true, iat: true },
    algorithms: ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512'],
    spiffe: true,
  },
}
