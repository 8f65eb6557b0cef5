/** SPIFFE IDs in their strict form: what is spelled in two ways names two workloads to somebody. */

const domainForm = /^[a-z0-9._-]{1,255}$/
const segmentForm = /^[A-Za-z0-9._-]+$/
const idMax_chars = 2048
const scheme = 'spiffe://'

/**
 * The trust domain of a workload's SPIFFE ID, as `spiffe://` and a name; null for whatever is no such ID (SPIFFE-ID
 * section 2): no port, no query, no escapes, no empty or relative segments, and never the trust domain alone.
 */
export function trustDomainOf(id: string): string | null {
  if (!id.startsWith(scheme) || id.length > idMax_chars) return null
  const [domain = '', ...path] = id.slice(scheme.length).split('/')
  if (!domainForm.test(domain) || path.length === 0) return null
  return path.every((each) => segmentForm.test(each) && each !== '.' && each !== '..') ? scheme + domain : null
}
