/** Posts to loopback without looking where it goes: for tests of what is posted. */
import type { PostOutside } from '../../src/tasks/push/contract.ts'

export const plainPost: PostOutside = async ({ url, headers, body, timeout_ms }) => {
  try {
    const signal = AbortSignal.timeout(timeout_ms)
    const init = { method: 'POST', headers: [...headers].map(([name, value]): [string, string] => [name, value]) }
    const answer = await fetch(url, { ...init, body: Buffer.from(body), redirect: 'manual', signal })
    await answer.arrayBuffer()
    return { status: answer.status }
  } catch (error) {
    return { kind: 'fault', code: 'reset', detail: String(error), sent: true }
  }
}
