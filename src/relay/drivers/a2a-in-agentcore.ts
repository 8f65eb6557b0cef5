/** An A2A agent inside Bedrock AgentCore: every request signed and in a session of its conversation, errors of the platform told apart. */
import type { Clock } from '../../base/clock.ts'
import { isJsonObject } from '../../base/json.ts'
import type { AwsSettings } from '../../config/settings-drivers.ts'
import { isFault } from '../../domain/fault.ts'
import type { Ask, Ear } from '../driver.ts'
import { hearFor } from '../ears.ts'
import type { Outbound } from '../wire/transport.ts'
import type { A2aHost } from './a2a.ts'
import { agentCoreService } from './agentcore.ts'
import { platformError } from './agentcore-errors.ts'
import { sessionHeader, sessionOf } from './agentcore-words.ts'
import { awsSigner } from './sigv4.ts'

export function agentCoreHost(aws: AwsSettings, clock: Clock): A2aHost {
  const sign = awsSigner(aws, agentCoreService, clock)
  return {
    dress: (request, ask) => sign(inSession(request, conversationOf(ask))),
    hear: hearing,
  }
}

/** A task stays where its conversation is; a question about one whose conversation is not known goes by its own name. */
function conversationOf(ask: Ask): string {
  if (!('call' in ask)) return ask.warrant.kind === 'claim' ? (ask.warrant.task.contextId ?? ask.taskId) : ask.taskId
  const { message } = ask.params()
  const { contextId, messageId } = isJsonObject(message) ? message : {}
  for (const name of [contextId, messageId]) if (typeof name === 'string' && name !== '') return name
  return ask.call.id
}

function inSession(request: Outbound, conversation: string): Outbound {
  return { ...request, headers: [...request.headers, sessionHeader, sessionOf(conversation)] }
}

function hearing(ear: Ear): Ear {
  return hearFor(ear, {
    onError(error) {
      const meant = platformError(error)
      if (isFault(meant)) ear.onFault(meant)
      else ear.onError(meant)
    },
  })
}
