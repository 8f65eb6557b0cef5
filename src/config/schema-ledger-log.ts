/** How long the ledger is kept, and who else receives its checkpoints. */
import { isAbsolute } from 'node:path'
import { z } from 'zod'

const anchors_max = 16

export const ledgerLogFields = {
  retention_days: z.int().min(2).max(36_500).default(400).meta({
    description:
      'Days after which entries are dropped, a whole segment file at a time. What a legal hold names stays; what was dropped still counts in every proof.',
  }),
  max_bytes: z.int().min(16_777_216).optional().meta({
    description:
      'Bytes of all segment files together, beyond which the oldest are dropped before their time; none by default.',
  }),
  anchors: z.array(z.string().refine(isAbsolute, 'an absolute path')).max(anchors_max).default([]).meta({
    description:
      'Files outside of the state directory, best on another disk or host, that receive the newest signed checkpoint: absolute paths, whose folders exist.',
  }),
  anchor_every_s: z.int().min(1).max(86_400).default(60).meta({
    description: 'Seconds between two checkpoints in an anchor.',
  }),
}
