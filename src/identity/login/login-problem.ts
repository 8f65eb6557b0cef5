/** Why a login or the exchange of it did not come to an end: a sentence for the one who sits at the terminal. */
import { AuthorizationResponseError, OperationProcessingError, ResponseBodyError } from 'oauth4webapi'

export interface LoginProblem {
  readonly kind: 'login_problem'
  /**
   * `unusable`: what was asked for cannot be done; `unreachable`: nobody answers; `refused`: the other side said no;
   * `mismatch`: an answer that does not belong to this login, so that somebody else may have made it.
   */
  readonly why: 'unusable' | 'unreachable' | 'refused' | 'mismatch'
  readonly sentence: string
}

export function loginProblem(why: LoginProblem['why'], sentence: string): LoginProblem {
  return { kind: 'login_problem', why, sentence }
}

export function isLoginProblem(value: object): value is LoginProblem {
  return 'kind' in value && value.kind === 'login_problem'
}

/** Error codes (RFC 6749 section 5.2) and sentences in ASCII; whatever else a server writes is not repeated. */
const codeForm = /^\w{1,64}$/
const sentenceForm = /^[\x20-\x7e]{1,300}$/

/** What went wrong between us and `who`, from what the client library threw. */
export function problemOf(error: unknown, who: string): LoginProblem {
  if (error instanceof AuthorizationResponseError || error instanceof ResponseBodyError) {
    const { error: code, error_description: why = '' } = error
    const told = sentenceForm.test(why) ? `: ${why}` : ''
    return loginProblem('refused', `${who} refused with ${codeForm.test(code) ? code : 'an unknown error'}${told}.`)
  }
  if (error instanceof OperationProcessingError)
    return loginProblem('mismatch', `The answer of ${who} is not acceptable: ${error.message}.`)
  const { name, message } = error instanceof Error ? error : { name: '', message: '' }
  if (name === 'TimeoutError' || name === 'AbortError')
    return loginProblem('unreachable', `${who} did not answer in time.`)
  return loginProblem('unreachable', `${who} cannot be asked: ${message === '' ? 'no reason given' : message}.`)
}
