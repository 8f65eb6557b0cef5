/** Levels of log messages (RFC 5424), from the most verbose on. */
const levels = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'] as const

/** Whether a message of that level is heard by whoever wants `from` and above; a level nobody knows is heard. */
export function isHeard(level: string | null, from: string | null): boolean {
  return from !== null && (rankOf(level) === -1 || rankOf(level) >= rankOf(from))
}

/** Whether `wanted` asks for more messages than `set`, which is null where nothing was asked for yet. */
export function isMoreVerbose(wanted: string, set: string | null): boolean {
  return rankOf(wanted) !== -1 && (set === null || rankOf(wanted) < rankOf(set))
}

function rankOf(level: string | null): number {
  return levels.findIndex((each) => each === level)
}
