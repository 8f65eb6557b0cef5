/** The configuration table: what Weir proves to a tool server, for itself or for the person a call is made for. */
import { z } from 'zod'
import { protectedUrl } from './fields.ts'
import { credentialRow } from './schema-agents.ts'

export const toolCredential = credentialRow
  .extend({
    mode: z.enum(['none', 'client_credentials', 'exchange', 'grant', 'user']).default('none').meta({
      description:
        'Whether a token is obtained for calls to this server, never from us. grant: with an identity assertion (ID-JAG) that we sign. user: each person connects once in a browser (OAuth of the MCP specification), and without a person the agent itself.',
    }),
    client_metadata_url: protectedUrl({
      description:
        'With user: where the metadata document is by which authorization servers know us. Absent: we publish one, used where gateway.public_url is https.',
    }).optional(),
  })
  .prefault({})
  .meta({ description: 'What we prove to the server beside the headers above. Never the credential of a caller.' })
