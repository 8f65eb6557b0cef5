/** Policies of a test under the schema that is shipped, opened with the cast of the demo. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PolicySnapshot } from '../../../../src/policy/snapshot.ts'
import type { Facts } from '../../../../src/policy/world.ts'
import { cast, localOracle, snapshotOf, sourceWith } from '../../policy/fixtures.ts'

const schema = readFileSync(join(import.meta.dirname, '../../../../config/policy/schema.cedarschema'), 'utf8')

export function shippedWith(text: string, args = 'type Args = {};', facts: Facts = cast): PolicySnapshot {
  return snapshotOf(sourceWith(schema.replace('type Args = {};', args), text), facts, localOracle)
}
