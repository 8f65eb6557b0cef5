/**
 * Anchors: files outside of the state directory, on another disk or host, that receive the newest checkpoint every so often.
 * Whoever takes over this host can forge no history before the last checkpoint that somebody else holds.
 */
import { join } from 'node:path'
import { writeWhole } from '../whole-file.ts'

export interface AnchorSettings {
  /** Paths of files that are replaced. */
  readonly files: readonly string[]
  readonly every_s: number
}

export interface Anchor {
  /** Writes the checkpoint where one is due. What cannot be written is told once and holds nothing up. */
  offer(text: string, time_s: number): void
  /** The last one there is goes out whether it is due or not. */
  close(): void
}

/**
 * The one every gateway has, beside its keys: who takes the log away, and does not know of it, does not get a start that takes
 * the ledger for one that never had a log.
 */
export function ownAnchor(stateDir: string): string {
  return join(stateDir, 'keys', 'ledger.checkpoint')
}

export function openAnchors({ files, every_s }: AnchorSettings, onProblem: (sentence: string) => void): Anchor {
  const last_s = new Map<string, number>()
  const failing = new Set<string>()
  /** What was offered and not written, by file. */
  const behind = new Map<string, string>()
  const write = (file: string, text: string): void => {
    const problem = attempt(file, text)
    if (problem !== null && !failing.has(file)) onProblem(`the anchor ${file} cannot be written: ${problem}`)
    if (problem === null) failing.delete(file)
    else failing.add(file)
  }
  return {
    offer(text, time_s) {
      for (const file of files) {
        behind.set(file, text)
        if (time_s - (last_s.get(file) ?? Number.NEGATIVE_INFINITY) < every_s) continue
        last_s.set(file, time_s)
        behind.delete(file)
        write(file, text)
      }
    },
    close() {
      for (const [file, text] of behind) write(file, text)
    },
  }
}

function attempt(file: string, text: string): string | null {
  try {
    writeWhole(file, text)
    return null
  } catch (error) {
    return String(error)
  }
}
