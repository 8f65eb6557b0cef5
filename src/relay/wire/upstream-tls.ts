/** What TLS says to an upstream and asks of it, read from the files of its row before the first call. */
import { createPrivateKey, hash, X509Certificate } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'

/** Contents of the files, PEM. */
export interface UpstreamTls {
  /** The certificate we show, and its key; null to show none. */
  readonly identity: { readonly cert: string; readonly key: string } | null
  /** What the upstream must chain to; null for what Node trusts. */
  readonly ca: string | null
  /** Equal for equal contents, so that a reload keeps the connections of what did not change. Holds no secret. */
  readonly id: string
}

/** Absolute paths; `cert` and `key` come together. */
export interface TlsFiles {
  readonly cert: string | null
  readonly key: string | null
  readonly ca: string | null
}

const othersMayRead = 0o077

/** Null where the row names no file; a sentence where its files cannot be used. */
export async function readUpstreamTls({ cert, key, ca }: TlsFiles): Promise<UpstreamTls | string | null> {
  if (cert === null && key === null && ca === null) return null
  if ((cert === null) !== (key === null)) return 'a client certificate needs both cert and key'
  try {
    const identity = cert === null || key === null ? null : await readIdentity(cert, key)
    if (typeof identity === 'string') return identity
    const trusted = ca === null ? null : await readFile(ca, 'utf8')
    if (trusted !== null && !new X509Certificate(trusted).ca) return `${ca} does not begin with the certificate of a CA`
    return { identity, ca: trusted, id: hash('sha256', JSON.stringify([identity, trusted]), 'base64url') }
  } catch (error) {
    return `the TLS files ${[cert, key, ca].filter(Boolean).join(', ')} cannot be used: ${String(error)}`
  }
}

async function readIdentity(cert: string, key: string): Promise<UpstreamTls['identity'] | string> {
  const mode = (await stat(key)).mode & 0o777
  if (mode & othersMayRead)
    return `the TLS key ${key} has mode ${mode.toString(8)}; others may read it. Run: chmod 600 ${key}`
  const identity = { cert: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') }
  return new X509Certificate(identity.cert).checkPrivateKey(createPrivateKey(identity.key))
    ? identity
    : `the TLS key ${key} does not belong to the certificate ${cert}`
}
