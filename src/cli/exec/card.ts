/** Agent cards on their way to a command: they name the gateway, and the command is to stay with the forwarder. */
import type { Readable } from 'node:stream'

/** Longer cards are none that Weir serves. */
const card_bytes_max = 1_048_576

export interface Moved {
  /** Where the agents are by the card; null where nobody knows it. */
  readonly from: string | null
  readonly to: string
}

export function isCardPath(path: string): boolean {
  return /\/\.well-known\/agent(?:-card)?\.json(?:\?|$)/.test(path)
}

/** The card with its agents at the other address, and without the signature that no longer fits it; null if it is none. */
export async function cardFor(answer: Readable, { from, to }: Moved): Promise<string | null> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > card_bytes_max) return null
    chunks.push(chunk)
  }
  try {
    const moved: unknown = JSON.parse(Buffer.concat(chunks).toString(), (name: string, value: unknown) => {
      if (name === 'signatures') return undefined
      const isPlace = name === 'url' && typeof value === 'string' && from !== null && value.startsWith(`${from}/`)
      return isPlace ? `${to}${value.slice(from.length)}` : value
    })
    return JSON.stringify(moved)
  } catch {
    return null
  }
}
