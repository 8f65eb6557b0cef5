/** What else is said of a call by its dialect: which revision it is in, and the answers that only the protocol knows. */
import type { Call, DialectName } from '../../domain/call.ts'
import type { Written } from '../jsonrpc.ts'
import { a2aErrors } from './errors.ts'
import { type FailureTo, writeFailure } from './failure.ts'
import { type Malformed, unsupportedVersion } from './malformed.ts'
import { versionOf } from './methods.ts'
import type { A2aVersion, Revision } from './revision.ts'
import { a2a03 } from './v03.ts'
import { a2a10 } from './v1.ts'

export function revisionOf(dialect: DialectName): Revision {
  return versionOf(dialect) === '0.3' ? a2a03 : a2a10
}

/** The answer to a call in a revision its target does not speak, or null. To be asked after policy: it tells that the target exists. */
export function refuseVersion(call: Call, versions: readonly A2aVersion[]): Malformed | null {
  return versions.includes(versionOf(call.dialect)) ? null : unsupportedVersion(call, versions)
}

/** The answer to a call that names a task or conversation its caller does not take part in (A2A 1.0 section 5.4). */
export function taskNotFound(to: FailureTo): Written {
  return writeFailure(to, { code: a2aErrors.task_not_found.code, message: 'There is no such task' })
}
