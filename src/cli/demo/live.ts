/** Four numbers that are drawn over themselves while a run is under way; for a terminal only. */
import { formatMicros } from '../../domain/spend.ts'
import { committedMicros, type RunDetail } from '../admin-api.ts'
import type { TextSink } from '../deps.ts'
import { type Column, table } from '../table.ts'
import { formatCount, formatDuration } from '../units.ts'

const columns: readonly Column[] = ['LAPS', 'HOPS', 'DEPTH', 'SPEND', 'TIME'].map((title) => ({
  title,
  align: 'right',
}))
const cursorUpTwoAndClear = '\u001b[2F\u001b[J'

/** Draws a run; each call replaces what the one before drew. */
export function liveTable(sink: TextSink): (run: RunDetail, now: number) => void {
  let drawn = false
  return (run, now) => {
    const cost = formatMicros(committedMicros(run))
    const counts = [run.laps, run.calls, run.depth_max].map((count) => formatCount(count).padStart(6))
    const row = [...counts, cost.padStart(9), formatDuration(now - run.started_at).padStart(8)]
    sink.write((drawn ? cursorUpTwoAndClear : '') + table(columns, [row]))
    drawn = true
  }
}
