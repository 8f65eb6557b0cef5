/** How long calls are kept in the runs index. What they came to stays in their runs, and all of it in the ledger. */
import { whole } from './fields.ts'

export const indexFields = {
  index_days: whole(1, 3650, {
    description: 'How long single calls are kept in the runs index; their runs and sums stay.',
    unit: 'days',
  }).default(90),
}
