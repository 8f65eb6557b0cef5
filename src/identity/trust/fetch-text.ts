/** Reads the small public documents identity depends on, with an end to the wait and to the size. */
import { open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The text behind an `https:`, `http:` or `file:` URL. Rejects on any failure, timeout or excess. */
export type FetchText = (url: string) => Promise<string>

const timeout_ms = 3000
const text_max_bytes = 65_536

/** A reader whose relative `file:./...` paths start at `baseDir`. */
export function fetchTextFrom(baseDir: string): FetchText {
  return (url) => (url.startsWith('file:') ? readText(pathOf(url, baseDir)) : fetchText(url))
}

function pathOf(url: string, baseDir: string): string {
  return url.startsWith('file://') ? fileURLToPath(url) : resolve(baseDir, url.slice('file:'.length))
}

/** Redirects are refused: the keys of an issuer come from where the configuration says and from nowhere else. */
async function fetchText(url: string): Promise<string> {
  const answer = await fetch(url, {
    redirect: 'error',
    signal: AbortSignal.timeout(timeout_ms),
    headers: { accept: 'application/json' },
  })
  if (answer.status !== 200) throw new Error(`status ${answer.status}`)
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of (answer.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength
    if (bytes > text_max_bytes) throw new Error(`more than ${text_max_bytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

async function readText(path: string): Promise<string> {
  await using file = await open(path)
  const { size } = await file.stat()
  if (size > text_max_bytes) throw new Error(`more than ${text_max_bytes} bytes`)
  return await file.readFile('utf8')
}
