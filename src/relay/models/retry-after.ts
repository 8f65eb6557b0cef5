/** How long a provider asks to wait (RFC 9110 section 10.2.3, and `retry-after-ms` of OpenAI and Azure). */
import type { Head } from '../wire/transport.ts'

/** Milliseconds >= 0; null where it does not say, or says nothing that can be read. `now` is milliseconds since the epoch. */
export function retryAfterOf(head: Head, now: number): number | null {
  const exact = numberIn(head['retry-after-ms'])
  if (exact !== null) return exact
  const written = head['retry-after']?.trim()
  const seconds = numberIn(written)
  if (seconds !== null) return seconds * 1000
  const date = written === undefined || !/[a-z]/i.test(written) ? Number.NaN : Date.parse(written)
  return Number.isNaN(date) ? null : Math.max(0, date - now)
}

function numberIn(written: string | undefined): number | null {
  return written !== undefined && /^ *\d{1,9}(?:\.\d{1,9})? *$/.test(written) ? Number(written) : null
}
