/** The configuration table: where Weir listens, keeps its state, finds its policies and sends its alerts. */
import { z } from 'zod'
import { readIpRange } from '../base/ip-ranges.ts'
import { adminFields } from './schema-admin.ts'
import { toldFields } from './schema-told.ts'
import { anomaliesField, receiverFields } from './schema-alerts.ts'
import { address, isPlainUrl, path, secret, text, url } from './fields.ts'

export const defaultListen = '127.0.0.1:8080'
export const defaultAdminListen = '127.0.0.1:8081'

const environments = ['dev', 'test', 'staging', 'prod'] as const
const engines = ['auto', 'uws', 'node'] as const

const tls = z
  .strictObject({
    cert: path({ description: 'Certificate chain of this gateway, PEM, relative to the configuration file.' }),
    key: path({ description: 'Its private key, PEM; refused where others may read it.' }),
    client_ca: path({ description: 'CA certificates that client certificates must chain to, PEM.' }).optional(),
    client_cert: z
      .enum(['none', 'optional', 'required'])
      .default('none')
      .meta({ description: 'Whether callers show a certificate; required refuses every call without one.' }),
  })
  .meta({ description: 'TLS of the data listener. Absent: clear text, for loopback or behind a proxy of yours.' })

const outside = z
  .strictObject({
    allow: z
      .array(
        text((value) => readIpRange(value) !== null, {
          form: 'an address or a range of addresses, such as 10.0.0.0/8 or ::1',
          description: 'A range that is reached although it is not public; those of metadata services never are.',
        }),
      )
      .max(64)
      .default([])
      .meta({ description: 'Ranges beside the public ones.', form: 'a list of at most 64 ranges' }),
  })
  .prefault({})
  .meta({ description: 'Where Weir goes when others name the place: cards of agents, webhooks of callers.' })

export const gatewaySection = z
  .strictObject({
    listen: address({ description: 'Where agents call. Port 0 lets the system choose.' }).default(defaultListen),
    admin_listen: address({
      description: 'Where health, metrics and the operator interface answer; loopback only.',
    }).default(defaultAdminListen),
    public_url: text(isOrigin, {
      form: 'an http or https URL without a path',
      description: 'How callers reach Weir; audience of tokens and base of agent cards. Absent: made of listen.',
    }).optional(),
    allowed_origins: z
      .array(
        text((value) => isOrigin(value) && new URL(value).origin === value, {
          form: 'an origin as browsers send it, such as https://app.example',
          description: 'Pages of this origin may call tools.',
        }),
      )
      .max(64)
      .default([])
      .meta({
        description:
          'Origins of web pages that may call tools, beside public_url; on loopback, those of this machine may.',
        form: 'a list of at most 64 origins',
      }),
    environment: z
      .enum(environments)
      .default('dev')
      .meta({ description: 'Which environment this is; policies see it, and prod refuses API keys.' }),
    engine: z
      .enum(engines)
      .default('auto')
      .meta({ description: 'HTTP engine: uws, node, or auto for uws where it can load.' }),
    tls: tls.optional(),
    outside,
    ...toldFields,
    ...adminFields,
  })
  .prefault({})
  .meta({ description: 'Where Weir listens and what it is called.' })

export const stateSection = z
  .strictObject({
    dir: path({
      description: 'Directory of the ledger, keys and the admin token, relative to the configuration file.',
    }).default('.weir'),
  })
  .prefault({})
  .meta({ description: 'What Weir keeps on disk.' })

export const policySection = z
  .strictObject({
    dir: path({
      description: 'Directory of the Cedar schema and policies, relative to the configuration file.',
    }).default('policy'),
    mode: z.enum(['enforce', 'observe']).default('enforce').meta({
      description:
        'What happens to calls that no policy permits: enforce refuses them, observe lets them through and records that it would not have. What a policy forbids is refused in both.',
    }),
  })
  .prefault({})
  .meta({ description: 'Which calls are allowed; whatever no policy permits is refused.' })

export const alertsSection = z
  .strictObject({
    webhooks: z
      .array(
        z.strictObject({
          url: url({ description: 'Receives alerts by POST; redirects are not followed.' }),
          secret: secret({
            description: 'Key of the HMAC-SHA256 in Weir-Signature. Absent: alerts are not signed.',
          }).optional(),
          ...receiverFields,
        }),
      )
      .max(16)
      .default([])
      .meta({ description: 'At most 16 receivers of alerts.', form: 'a list of at most 16 webhooks' }),
    anomalies: anomaliesField,
  })
  .prefault({})
  .meta({ description: 'Who is told when a run is halted or behaves oddly.' })

/** Whether a URL is an origin and nothing else; one trailing slash is forgiven. */
function isOrigin(value: string): boolean {
  const parsed = isPlainUrl(value) ? URL.parse(value) : null
  return parsed !== null && parsed.pathname === '/' && !value.includes('?')
}
