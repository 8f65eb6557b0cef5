/** A certificate authority for tests, in a folder of its own; issued with the openssl binary, for Node cannot. */
import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Paths of a certificate and its key, and what is in them. */
export interface Pair {
  readonly cert: string
  readonly key: string
  readonly pem: { readonly cert: string; readonly key: string }
  readonly der: Buffer
}

const binary = 'openssl'

export class TestCa {
  readonly dir = mkdtempSync(join(tmpdir(), 'weir-ca-'))
  /** Path of its own certificate. */
  readonly path = join(this.dir, 'ca.pem')

  constructor() {
    this.#openssl(['ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', this.#file('ca.key')])
    this.#openssl([
      'req',
      '-x509',
      '-new',
      '-key',
      this.#file('ca.key'),
      '-days',
      '2',
      '-subj',
      '/CN=A test CA',
      '-out',
      this.path,
    ])
  }

  get pem(): string {
    return readFileSync(this.path, 'utf8')
  }

  /** `san` as openssl writes it: `URI:spiffe://acme.test/agent/research`. With `days` -1 it ended yesterday. */
  issue(name: string, san: string, days = 2): Pair {
    const [key, request, extensions, cert] = ['key', 'csr', 'ext', 'pem'].map((kind) => this.#file(`${name}.${kind}`))
    if (!key || !request || !extensions || !cert) throw new Error('four names make four files')
    writeFileSync(extensions, `subjectAltName=${san}\n`)
    this.#openssl(['ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', key])
    this.#openssl(['req', '-new', '-key', key, '-subj', `/CN=${name}`, '-out', request])
    const signer = ['-CA', this.path, '-CAkey', this.#file('ca.key'), '-CAcreateserial']
    this.#openssl([
      'x509',
      '-req',
      '-in',
      request,
      ...signer,
      '-out',
      cert,
      '-days',
      String(days),
      '-extfile',
      extensions,
    ])
    chmodSync(key, 0o600)
    const pem = { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') }
    return { cert, key, pem, der: new X509Certificate(pem.cert).raw }
  }

  /** A certificate for servers on this host. */
  server(name = 'server'): Pair {
    return this.issue(name, 'IP:127.0.0.1,DNS:localhost')
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true })
  }

  #file(name: string): string {
    return join(this.dir, name)
  }

  #openssl(args: readonly string[]): void {
    execFileSync(binary, args, { stdio: 'pipe' })
  }
}
