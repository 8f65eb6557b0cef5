/** The settings of telemetry as the rest of Weir sees them. */
import type { ConfigFile } from './schema.ts'
import { Secret } from './secret.ts'

type Written = ConfigFile['telemetry']

export interface OtlpSettings extends Omit<NonNullable<Written['otlp']>, 'headers'> {
  readonly headers: readonly (readonly [name: string, value: Secret])[]
}

export interface TelemetrySettings extends Readonly<Omit<Written, 'otlp'>> {
  /** Null where nothing is sent. */
  readonly otlp: OtlpSettings | null
}

export function telemetrySettings({ otlp, ...rest }: Written): TelemetrySettings {
  if (otlp === undefined) return { ...rest, otlp: null }
  const headers = Object.entries(otlp.headers).map(([name, value]) => [name.toLowerCase(), new Secret(value)] as const)
  return { ...rest, otlp: { ...otlp, headers } }
}
