/** Every error of A2A, once: what JSON-RPC calls it, what HTTP calls it, and what its details call it (A2A 1.0 section 5.4). */

export interface A2aError {
  /** JSON-RPC code. */
  readonly code: number
  /** `reason` of its ErrorInfo. */
  readonly reason: string
  /** HTTP status over REST. */
  readonly http: number
  /** Name of the gRPC status, which a REST body says beside the HTTP status (AIP-193). */
  readonly grpcStatus: string
}

export const a2aErrors = {
  parse_error: { code: -32700, reason: 'PARSE_ERROR', http: 400, grpcStatus: 'INVALID_ARGUMENT' },
  invalid_request: { code: -32600, reason: 'INVALID_REQUEST', http: 400, grpcStatus: 'INVALID_ARGUMENT' },
  method_not_found: { code: -32601, reason: 'METHOD_NOT_FOUND', http: 404, grpcStatus: 'UNIMPLEMENTED' },
  invalid_params: { code: -32602, reason: 'INVALID_PARAMS', http: 400, grpcStatus: 'INVALID_ARGUMENT' },
  internal_error: { code: -32603, reason: 'INTERNAL_ERROR', http: 500, grpcStatus: 'INTERNAL' },
  task_not_found: { code: -32001, reason: 'TASK_NOT_FOUND', http: 404, grpcStatus: 'NOT_FOUND' },
  task_not_cancelable: { code: -32002, reason: 'TASK_NOT_CANCELABLE', http: 400, grpcStatus: 'FAILED_PRECONDITION' },
  push_notification_not_supported: {
    code: -32003,
    reason: 'PUSH_NOTIFICATION_NOT_SUPPORTED',
    http: 400,
    grpcStatus: 'FAILED_PRECONDITION',
  },
  unsupported_operation: {
    code: -32004,
    reason: 'UNSUPPORTED_OPERATION',
    http: 400,
    grpcStatus: 'FAILED_PRECONDITION',
  },
  content_type_not_supported: {
    code: -32005,
    reason: 'CONTENT_TYPE_NOT_SUPPORTED',
    http: 400,
    grpcStatus: 'INVALID_ARGUMENT',
  },
  invalid_agent_response: { code: -32006, reason: 'INVALID_AGENT_RESPONSE', http: 500, grpcStatus: 'INTERNAL' },
  extended_card_not_configured: {
    code: -32007,
    reason: 'EXTENDED_AGENT_CARD_NOT_CONFIGURED',
    http: 400,
    grpcStatus: 'FAILED_PRECONDITION',
  },
  extension_support_required: {
    code: -32008,
    reason: 'EXTENSION_SUPPORT_REQUIRED',
    http: 400,
    grpcStatus: 'FAILED_PRECONDITION',
  },
  version_not_supported: {
    code: -32009,
    reason: 'VERSION_NOT_SUPPORTED',
    http: 400,
    grpcStatus: 'FAILED_PRECONDITION',
  },
} as const satisfies Readonly<Record<string, A2aError>>

/** What agents answer to a method they do not have. */
export const unsupported: ReadonlySet<number> = new Set([
  a2aErrors.unsupported_operation.code,
  a2aErrors.method_not_found.code,
])

export type A2aErrorName = keyof typeof a2aErrors

const byCode: ReadonlyMap<number, A2aError> = new Map(Object.values(a2aErrors).map((error) => [error.code, error]))

/** The error of that JSON-RPC code; null for a code that A2A does not know. */
export function errorOfCode(code: number): A2aError | null {
  return byCode.get(code) ?? null
}

const grpcStatuses: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  402: 'RESOURCE_EXHAUSTED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  502: 'UNAVAILABLE',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
}

/** The name of the gRPC status that says what an HTTP status says. */
export function grpcStatusOf(http: number): string {
  return grpcStatuses[http] ?? 'UNKNOWN'
}
