/** What an approval of a call is bound to, whatever protocol it came in. */
import { isJsonObject, readJson } from '../base/json.ts'
import { readCanonicalJson } from '../base/jcs.ts'
import { type AnyCall, isA2aCall, isMcpCall } from '../domain/call.ts'
import { canonicalArguments, holdsExactNumbers } from '../protocol/a2a/arguments.ts'

/** A body beyond this would hold up the main thread. Unit: characters. */
const approvable_chars = 16_384

/** Null where a call has none that can be told from others. */
export function argumentsOf(call: AnyCall): string | null {
  if (isA2aCall(call)) return canonicalArguments(call)
  if (!isMcpCall(call)) return null
  const text = call.args ?? '{}'
  if (text.length > approvable_chars || !holdsExactNumbers(text)) return null
  const read = readJson(text, 64)
  return read.ok && isJsonObject(read.value) ? readCanonicalJson(read.value) : null
}
