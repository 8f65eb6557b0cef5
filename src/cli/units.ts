/** Numbers for people: durations and ages short enough for a table cell. */

/** `73 ms`, `1.2 s`, `12m04s`, `3h05m`, `2d04h`. */
export function formatDuration(duration_ms: number): string {
  const ms = Math.max(0, Math.round(duration_ms))
  if (ms < 1000) return `${ms} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.floor(ms / 1000)
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${two(seconds % 60)}s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 1440) return `${Math.floor(minutes / 60)}h${two(minutes % 60)}m`
  const hours = Math.floor(minutes / 60)
  return `${Math.floor(hours / 24)}d${two(hours % 24)}h`
}

/** `2026-11-21T01:11:50Z` of milliseconds since the epoch. */
export function formatTime(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, 'Z')
}

/** `38,112`, the same in every locale. */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US')
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}
