/** Commands that go on until somebody has seen enough: ctrl-c, q, a terminal that closes, or the pipe they write to is closed. */
import type { CliDeps } from './deps.ts'

export interface Watch {
  readonly signal: AbortSignal
  /** Gives the keyboard back. */
  close(): void
}

/** q, Q, ctrl-c and escape, as a terminal in raw mode says them. */
const ends: ReadonlySet<number> = new Set([0x71, 0x51, 0x03, 0x1b])

interface Keyboard {
  setRawMode(raw: boolean): unknown
  on(event: 'data', hear: (data: Uint8Array) => void): unknown
  off(event: 'data', hear: (data: Uint8Array) => void): unknown
  resume(): unknown
  pause(): unknown
}

/** With `keys`, single keys are heard on a terminal: q, escape and ctrl-c end it. */
export function watchForEnd(deps: CliDeps, keys: boolean): Watch {
  const enough = new AbortController()
  const end = (): void => enough.abort()
  process.once('SIGINT', end)
  process.once('SIGTERM', end)
  process.once('SIGHUP', end)
  const keyboard = keys && deps.isTTY && isKeyboard(deps.stdin) ? deps.stdin : null
  const hear = (data: Uint8Array): void => {
    if (ends.has(data[0] ?? 0)) end()
  }
  keyboard?.setRawMode(true)
  keyboard?.on('data', hear)
  keyboard?.resume()
  return {
    signal: enough.signal,
    close() {
      process.off('SIGINT', end)
      process.off('SIGTERM', end)
      process.off('SIGHUP', end)
      keyboard?.off('data', hear)
      keyboard?.setRawMode(false)
      keyboard?.pause()
    },
  }
}

function isKeyboard(source: object): source is Keyboard {
  return 'setRawMode' in source && typeof source.setRawMode === 'function'
}
