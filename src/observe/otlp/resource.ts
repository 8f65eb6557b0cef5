/** What all that leaves has in common: who sends it, when it happened, and what is not said. */
import type { Attributes, HrTime } from '@opentelemetry/api'
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources'
import type { Millis } from '../../base/clock.ts'
import { names } from './names.ts'
import type { OtlpSetup } from './setup.ts'

export interface Source {
  readonly resource: Resource
  readonly scope: { readonly name: string; readonly version: string }
}

export function sourceOf({ resource, version, boot }: Pick<OtlpSetup, 'resource' | 'version' | 'boot'>): Source {
  const attributes = {
    [names.serviceName]: 'weir',
    [names.serviceInstance]: boot,
    ...resource,
    [names.serviceVersion]: version,
  }
  return { resource: resourceFromAttributes(attributes), scope: { name: 'weir', version } }
}

/** Seconds and nanoseconds, as the exporters want it. */
export function hrTime(at: Millis): HrTime {
  const ns = Math.round((at % 1000) * 1e6)
  const s = Math.floor(at / 1000)
  return ns < 1e9 ? [s, ns] : [s + 1, 0]
}

type Sayable = string | number | boolean | string[] | null | undefined

/** Attributes of what is there: null, undefined and empty lists are not said. */
export function said(pairs: Readonly<Record<string, Sayable>>): Attributes {
  const attributes: Attributes = {}
  for (const [name, value] of Object.entries(pairs)) {
    if (value === null || value === undefined || (Array.isArray(value) && value.length === 0)) continue
    attributes[name] = value
  }
  return attributes
}
