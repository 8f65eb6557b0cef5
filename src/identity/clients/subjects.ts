/** What is presented as the subject of a token request: which kind of token it is, and what each kind proves. */
import type { Delegation, Proof } from '../../domain/principal.ts'
import { type Denial, deny, isDenial } from '../../domain/verdict.ts'
import type { OAuthErrorCode, OAuthRefusal } from '../../protocol/oauth/refusal.ts'
import { deliveryTyp } from '../tokens/delivery.ts'
import { refusalOf } from './oauth-denial.ts'
import { readToken } from '../strict-jwt.ts'
import type { Subject, SubjectVerifier } from './subject.ts'
import type { TokenGate } from '../token-gate.ts'
import { callTyp } from '../tokens/call-token.ts'

export interface SubjectParts {
  readonly public_url: string
  readonly calls: TokenGate<Proof>
  readonly deliveries: TokenGate<Delegation>
  /** Logins, by the issuers of `identity.people`. */
  readonly people: TokenGate<Subject>
  /** Grants, by the issuers of `identity.partners`. */
  readonly grants: TokenGate<Subject>
}

type SubjectKind = Exclude<Subject['kind'], 'grant'>

/** What may stand under each `subject_token_type` (RFC 8693 section 3). */
const kindsOf: ReadonlyMap<string, readonly SubjectKind[]> = new Map([
  ['urn:ietf:params:oauth:token-type:access_token', ['delivery', 'call']],
  ['urn:ietf:params:oauth:token-type:jwt', ['delivery', 'call', 'person']],
  ['urn:ietf:params:oauth:token-type:id_token', ['person']],
])

/** What a token of ours says of itself; everything else of ours is no subject. */
const ownKinds: ReadonlyMap<string, SubjectKind> = new Map([
  [deliveryTyp, 'delivery'],
  [callTyp, 'call'],
])

export function openSubjects(parts: SubjectParts): SubjectVerifier {
  const readers: Readonly<Record<SubjectKind, Reader>> = {
    delivery: async (raw, peer) => ofDelivery(await parts.deliveries.prove(raw, peer)),
    call: async (raw, peer) => ofCall(await parts.calls.prove(raw, peer)),
    person: async (raw, peer) => await parts.people.prove(raw, peer),
  }
  return {
    async verifySubject(token, type, peer) {
      const kind = kindOf(token, parts.public_url)
      if (isDenial(kind)) return refused(kind, 'invalid_request')
      if (!kindsOf.get(type)?.includes(kind.name))
        return refused(deny('unauthenticated', `a ${kind.name} under another subject_token_type`), 'invalid_request')
      return settled(await readers[kind.name](token, peer), 'invalid_request')
    },
    async verifyGrant(assertion, peer) {
      return settled(await parts.grants.prove(assertion, peer), 'invalid_grant')
    },
  }
}

type Reader = (raw: string, peer: string) => Promise<Subject | Denial>

/** Our own tokens are read as what they are and never by the trust in anybody else. */
function kindOf(raw: string, public_url: string): { readonly kind: 'found'; readonly name: SubjectKind } | Denial {
  const token = readToken(raw)
  if (isDenial(token)) return token
  if (token.claims.iss !== public_url) return { kind: 'found', name: 'person' }
  const name = ownKinds.get(token.typ)
  return name ? { kind: 'found', name } : deny('unauthenticated', `typ ${token.typ} of ours is no subject`)
}

const ours = { issuer: 'weir', login: null, singleUse: false } as const

function ofDelivery(delegation: Delegation | Denial): Subject | Denial {
  if (isDenial(delegation)) return delegation
  const { holder, person, tokenId, keyId, issuedAt, expiresAt, authority, lineage } = delegation
  const who = { kind: 'delivery', holder, person, tokenId, keyId, issuedAt, expiresAt, boundTo: null } as const
  return { ...who, authority, delegation, ext: lineage.ext, ...ours }
}

function ofCall(proof: Proof | Denial): Subject | Denial {
  if (isDenial(proof)) return proof
  const { agent: holder, person, credentialId: tokenId, keyId, issuedAt, expiresAt, boundTo } = proof
  if (proof.kind !== 'call_token' || keyId === null) return deny('unauthenticated', 'no call token of ours')
  const { authority, delegation } = proof
  const who = { kind: 'call', holder, person, tokenId, keyId, issuedAt, expiresAt, boundTo } as const
  return { ...who, authority, delegation, ext: delegation?.lineage.ext ?? null, ...ours }
}

function settled(outcome: Subject | Denial, error: OAuthErrorCode): Subject | OAuthRefusal {
  return isDenial(outcome) ? refused(outcome, error) : outcome
}

const sentences: Partial<Record<OAuthErrorCode, string>> = {
  invalid_request: 'The subject token is not valid',
  invalid_grant: 'The assertion is not valid',
}

function refused(denial: Denial, error: OAuthErrorCode): OAuthRefusal {
  return refusalOf(denial, error, sentences[error] ?? 'The token is not valid')
}
