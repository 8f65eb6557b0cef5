/** What is kept of a task that has grown too large: how it stands and what is newest, and a mark that something is missing. */
import type { JsonObject } from '../../base/json.ts'
import { isJsonObject } from '../../base/json.ts'
import { objectsOf } from './translate/members.ts'

const mark = 'weir.dev/shortened'

/** The task in at most about so many characters of JSON, its status apart. Costs a look at all of it. */
export function shorten(task: JsonObject, chars_max: number): JsonObject {
  const { artifacts, history, metadata, ...rest } = task
  const all = objectsOf(artifacts)
  const newest = newestOf(all, chars_max / 2)
  const last = all.at(-1)
  const kept =
    newest.length > 0 || !last ? newest : [{ ...last, parts: newestOf(objectsOf(last['parts']), chars_max / 2) }]
  const said = newestOf(objectsOf(history), chars_max / 4)
  const facts = isJsonObject(metadata) && sizeOf(metadata) <= chars_max / 4 ? metadata : {}
  return {
    ...rest,
    ...(kept.length > 0 ? { artifacts: kept } : {}),
    ...(said.length > 0 ? { history: said } : {}),
    metadata: { ...facts, [mark]: true },
  }
}

/** A task that is shown without all of it, with the mark that says so. */
export function shortened(task: JsonObject): JsonObject {
  const { metadata } = task
  return { ...task, metadata: { ...(isJsonObject(metadata) ? metadata : {}), [mark]: true } }
}

/** Characters of it as JSON. */
export function sizeOf(value: unknown): number {
  return JSON.stringify(value).length
}

/** As many of the last as fit. */
function newestOf(list: readonly JsonObject[], chars_max: number): readonly JsonObject[] {
  let left = chars_max
  const tooFar = list.findLastIndex((one) => (left -= sizeOf(one)) < 0)
  return list.slice(tooFar + 1)
}
