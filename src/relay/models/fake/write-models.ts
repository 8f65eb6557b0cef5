/** The list of the fake models, and one of them, in the shape of either family. */
import type { ModelFamily } from '../../../domain/call.ts'
import { modelNames } from './manners.ts'

const created = { s: 1_767_225_600, text: '2026-01-01T00:00:00Z' } as const

type Row = (id: string) => object

const rows: Readonly<Record<ModelFamily, Row>> = {
  openai: (id) => ({ id, object: 'model', created: created.s, owned_by: 'fake' }),
  anthropic: (id) => ({ type: 'model', id, display_name: id, created_at: created.text }),
}

export function writeModels(family: ModelFamily): string {
  const data = modelNames.map(rows[family])
  const page = { has_more: false, first_id: modelNames[0], last_id: modelNames.at(-1) }
  return JSON.stringify(family === 'openai' ? { object: 'list', data } : { data, ...page })
}

export function writeModel(family: ModelFamily, id: string): string {
  return JSON.stringify(rows[family](id))
}
