/** Takes a client's push config out of a request and leaves every other byte of it as it is. */
import type { DialectName } from '../../domain/call.ts'
import { isRest, versionOf } from './methods.ts'
import { pushMembers } from './read-send.ts'
import { type RequestMembers, scanRest, scanRpc } from './request-members.ts'

/** The body without its push config; null where none is found. The body was read as a call before. */
export function cutPush(body: Buffer, dialect: DialectName): Buffer | null {
  const members = membersOf(body, dialect)
  const member = pushMembers.find((name) => !members?.lacks(name))
  return members && member ? cut(body, members.placeOf(member)) : null
}

function membersOf(body: Buffer, dialect: DialectName): RequestMembers | null {
  if (!isRest(dialect)) {
    const read = scanRpc(body)
    return read.kind === 'mistake' ? null : read.params
  }
  const read = scanRest(body, versionOf(dialect))
  return typeof read === 'object' && 'lacks' in read ? read : null
}

const comma = 0x2c
const quote = 0x22
const spaces: ReadonlySet<number | undefined> = new Set([0x20, 0x09, 0x0a, 0x0d])

/** Cuts the member whose value stands there, with its name and the one comma that goes with it. */
function cut(body: Buffer, [start, end]: readonly [number, number]): Buffer {
  // Behind the name stand a colon and white space; in it no quote, not even an escaped one, for it spells a known word.
  const nameEnd = body.lastIndexOf(quote, start - 1)
  const nameStart = body.lastIndexOf(quote, nameEnd - 1)
  let after = end
  while (spaces.has(body[after])) after += 1
  if (body[after] === comma) return Buffer.concat([body.subarray(0, nameStart), body.subarray(after + 1)])
  let before = nameStart - 1
  while (spaces.has(body[before])) before -= 1
  return Buffer.concat([body.subarray(0, body[before] === comma ? before : nameStart), body.subarray(end)])
}
