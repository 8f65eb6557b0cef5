/** A push config as a client writes it, read at the border: what is taken can be written into headers as it stands. */
import { isJsonObject, type JsonObject } from '../../base/json.ts'
import { isKeepable } from '../rows.ts'
import type { PushConfig, PushDraft, PushVersion } from './contract.ts'

const urlMax = 2048
const secretMax = 8192
/** RFC 9110 section 11.1. */
const schemeForm = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/
/** What a header may carry without anybody reading another header into it (RFC 9110 section 5.5). */
const valueForm = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/

/** Reads a `TaskPushNotificationConfig` of A2A 1.0; otherwise the sentence for the client. */
export function readPushConfig(json: JsonObject, version: PushVersion): PushDraft | string {
  const { id = '', url, token = '', authentication = null } = json
  if (typeof id !== 'string' || !isKeepable(id)) return 'id must be a string of at most 512 characters'
  if (typeof url !== 'string' || url.length > urlMax || !URL.canParse(url))
    return `url must be a URL of at most ${urlMax} characters`
  if (!isSecret(token)) return 'token must be printable ASCII that fits a header'
  const proof = authentication === null ? { scheme: '' } : authentication
  if (!isJsonObject(proof)) return 'authentication must be an object'
  const { scheme = '', credentials = '' } = proof
  if (typeof scheme !== 'string' || (scheme !== '' && !schemeForm.test(scheme)))
    return 'authentication.scheme must be the name of an HTTP authentication scheme'
  if (!isSecret(credentials)) return 'authentication.credentials must be printable ASCII that fits a header'
  return {
    id: textOrNull(id),
    url,
    token: textOrNull(token),
    scheme: textOrNull(scheme),
    credentials: textOrNull(credentials),
    version,
  }
}

/** The config as A2A 1.0 shows it. Who may read it registered it; its secrets are not told again all the same. */
export function writePushConfig({ id, url, scheme }: PushConfig, taskId: string): JsonObject {
  return { taskId, id, url, ...(scheme === null ? {} : { authentication: { scheme } }) }
}

/** Proto3 JSON cannot tell an empty string from none. */
function textOrNull(text: string): string | null {
  return text === '' ? null : text
}

function isSecret(value: unknown): value is string {
  return typeof value === 'string' && value.length <= secretMax && (value === '' || valueForm.test(value))
}
