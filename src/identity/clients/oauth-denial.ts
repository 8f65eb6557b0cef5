/** A Denial in the words of OAuth. What says something about us is worth a retry, whatever it was about. */
import type { Denial } from '../../domain/verdict.ts'
import { type OAuthErrorCode, type OAuthRefusal, oauthRefusal } from '../../protocol/oauth/refusal.ts'

/** Seconds after which it is worth asking again when nothing says how long. */
const usualWait_s = 1

export function busyRefusal(detail: string, retryAfter_ms: number | null = null): OAuthRefusal {
  const wait_s = retryAfter_ms === null ? usualWait_s : Math.ceil(retryAfter_ms / 1000)
  return oauthRefusal('temporarily_unavailable', 'Too much is asked for at once; try again later', detail, wait_s)
}

/** `error` and `description` are for a Denial that says something about what was shown. */
export function refusalOf(denial: Denial, error: OAuthErrorCode, description: string): OAuthRefusal {
  const { code, detail, retryAfter_ms } = denial
  if (code === 'busy' || code === 'rate_limited') return busyRefusal(detail, retryAfter_ms)
  return oauthRefusal(error, description, detail)
}
