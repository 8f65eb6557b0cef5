/** Writes a request in Cedar's own JSON, for the oracle. Cedar pays per entity, so only what it can touch is sent. */
import { assert } from '../base/assert.ts'
import type { Frame } from './closures.ts'
import type { CedarEntity, CedarJson, CedarRequest } from './question.ts'
import type { EntityRef } from './source.ts'
import { Entity, isSet, RecordValue, type Value } from './values.ts'

/** `mentioned` are the entities that the policies in question name. */
export function writeCedarRequest(frame: Frame, mentioned: readonly Entity[]): CedarRequest {
  const { principal, action, resource, context } = frame
  const reachable = [principal, resource, ...Object.values(context.fields).filter(isEntity), ...mentioned]
  const known = new Map(reachable.filter((entity) => entity.attrs !== null).map((entity) => [entity.key, entity]))
  return {
    principal: refOf(principal),
    action: refOf(action),
    resource: refOf(resource),
    context: writeRecord(context),
    entities: [...known.values()].map(writeEntity),
  }
}

function writeEntity(entity: Entity): CedarEntity {
  const attrs = entity.attrs === null ? {} : writeRecord(entity.attrs)
  return { uid: refOf(entity), attrs, parents: entity.parents.map(refOf) }
}

function writeRecord(record: RecordValue): Record<string, CedarJson> {
  return Object.fromEntries(Object.entries(record.fields).map(([name, value]) => [name, writeValue(value)]))
}

function writeValue(value: Value): CedarJson {
  assert(typeof value !== 'bigint', 'a context holds safe numbers only')
  if (typeof value !== 'object') return value
  if (value instanceof Entity) return { __entity: { ...refOf(value) } }
  if (value instanceof RecordValue) return writeRecord(value)
  return value.map(writeValue)
}

function isEntity(value: Value): value is Entity {
  return !isSet(value) && value instanceof Entity
}

function refOf(entity: Entity): EntityRef {
  return { type: entity.type, id: entity.id }
}
