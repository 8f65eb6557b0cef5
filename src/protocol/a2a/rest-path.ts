/**
 * Paths of the HTTP+JSON binding (A2A 1.0 section 11.3). They are read by hand: the ids of tasks may hold colons, so that
 * only the last one can begin a verb, and only one of two.
 */
import { type Verbs, verbsOfRest } from './methods.ts'
import type { A2aVersion } from './revision.ts'

export interface RestPath {
  readonly template: string
  readonly verbs: Verbs
  readonly taskId: string | null
  readonly configId: string | null
}

/** `tenant` for a path behind the name of a tenant; no card of ours advertises one. */
export type PathRead = RestPath | 'tenant' | null

const prefix03 = '/v1'
const tasks = '/tasks/'
const configs = 'pushNotificationConfigs'

/** The revision whose grammar the raw path has. */
export function grammarOfPath(path: string): A2aVersion {
  return path.startsWith(`${prefix03}/`) ? '0.3' : '1.0'
}

/** Reads a raw path; null if the revision has no such path. */
export function readRestPath(path: string, version: A2aVersion): PathRead {
  if (version === '0.3') return path.startsWith(`${prefix03}/`) ? readPath(path.slice(prefix03.length), version) : null
  const read = readPath(path, version)
  if (read) return read
  const behind = path.indexOf('/', 1)
  return behind > 0 && readPath(path.slice(behind), version) ? 'tenant' : null
}

/** `path` is without the prefix of its revision. */
function readPath(path: string, version: A2aVersion): RestPath | null {
  const [form, ids] = path.startsWith(tasks) ? splitTask(path.slice(tasks.length)) : [path, []]
  const template = version === '0.3' ? `${prefix03}${form}` : form
  // A path that holds the words of a template instead of ids is none.
  const verbs = ids.length === 0 && path.includes('{') ? null : verbsOfRest(version, template)
  const [taskId = null, configId = null] = ids.map(decode)
  if (!verbs || ids.some((id) => decode(id) === null)) return null
  return { template, verbs, taskId, configId }
}

type Split = readonly [form: string, ids: readonly string[]]

/** What comes behind `/tasks/`, as a form with its ids apart and still escaped. */
function splitTask(rest: string): Split {
  const [first = '', second, third, ...more] = rest.split('/')
  if (more.length > 0 || (second !== undefined && second !== configs)) return ['', []]
  if (third !== undefined) return [`/tasks/{id}/${configs}/{configId}`, [first, third]]
  if (second !== undefined) return [`/tasks/{id}/${configs}`, [first]]
  const at = first.lastIndexOf(':')
  const verb = at === -1 ? '' : first.slice(at + 1)
  return verb === 'cancel' || verb === 'subscribe'
    ? [`/tasks/{id}:${verb}`, [first.slice(0, at)]]
    : ['/tasks/{id}', [first]]
}

/** Null for nothing, and for what are no escapes of UTF-8. */
function decode(id: string): string | null {
  try {
    return decodeURIComponent(id) || null
  } catch {
    return null
  }
}
