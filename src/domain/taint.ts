/** How far the outside may have steered a run. A run never gets cleaner, so of two words the worse one stands. */
import { type Taint, taints } from './principal.ts'

export function worseTaint(a: Taint, b: Taint): Taint {
  return levelOf(a) >= levelOf(b) ? a : b
}

/** Its place in the order; 0 for `none`. */
export function levelOf(taint: Taint): number {
  return taints.indexOf(taint)
}

/** The word for a level; beyond the last one it is the worst. */
export function taintAt(level: number): Taint {
  return taints[level] ?? 'injected'
}

/** The word itself if it is one, else null. */
export function readTaint(value: unknown): Taint | null {
  return taints.find((taint) => taint === value) ?? null
}
