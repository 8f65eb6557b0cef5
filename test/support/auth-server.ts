/** Starts the authorization server of `as.ts` and keeps what it says. */
import { fork } from 'node:child_process'
import { join } from 'node:path'
import type { JSONWebKeySet } from 'jose'
import { eventually } from '../kit/edge.ts'

export interface AsMessage {
  readonly kind: 'listening' | 'issued' | 'exchanged'
  readonly issuer?: string
  readonly client?: string
  readonly claims?: Readonly<Record<string, unknown>>
  readonly subject_token?: string
  readonly audience?: string
}

export interface AuthServer {
  readonly issuer: string
  readonly endpoint: string
  readonly messages: readonly AsMessage[]
  stop(): Promise<void>
}

export async function startAuthServer(jwks: JSONWebKeySet, lifetime_s = 600): Promise<AuthServer> {
  const told = JSON.stringify({ jwks, lifetime_s })
  const child = fork(join(import.meta.dirname, 'as.ts'), [told], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
  const messages: AsMessage[] = []
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.on('message', (message) => messages.push(message as AsMessage))
  await eventually(() => messages.length > 0)
  const issuer = messages.shift()?.issuer ?? ''
  return {
    issuer,
    endpoint: `${issuer}/token`,
    messages,
    async stop() {
      child.disconnect()
      await ended
    },
  }
}
