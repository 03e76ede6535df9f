import { filterWords } from '../../model/content-filter.ts'
import type { FaultClass } from '../../model/fault.ts'
import { overflowWords } from '../../model/overflow.ts'

/** What an upstream said about its failure, wherever it said it. */
export interface Evidence {
  readonly code?: string
  readonly type?: string
  readonly message: string
  /** Absent inside a stream. */
  readonly status?: number
}

/** The class of a failure: by code, then by type, then by its words, then by HTTP status. */
export function classOf(evidence: Evidence): FaultClass {
  return (
    named(codes, evidence.code) ??
    wordings.find(([pattern]) => pattern.test(evidence.message))?.[1] ??
    named(types, evidence.type) ??
    (evidence.status === undefined ? withoutStatus(evidence.type) : statusClass(evidence.status))
  )
}

const named = (table: Readonly<Record<string, FaultClass>>, word: string | undefined): FaultClass | undefined =>
  word !== undefined && Object.hasOwn(table, word) ? table[word] : undefined

/** @see https://platform.openai.com/docs/guides/error-codes and what Codex knows beyond it */
const codes: Readonly<Record<string, FaultClass>> = {
  context_length_exceeded: 'context_length',
  string_above_max_length: 'invalid',
  insufficient_quota: 'billing',
  billing_hard_limit_reached: 'billing',
  billing_not_active: 'billing',
  credit_balance_exhausted: 'billing',
  usage_not_included: 'billing',
  project_spend_limit_exceeded: 'billing',
  organization_spend_limit_exceeded: 'billing',
  rate_limit_exceeded: 'rate_limit',
  slow_down: 'overloaded',
  server_is_overloaded: 'overloaded',
  model_not_found: 'model_not_found',
  deployment_not_found: 'model_not_found',
  DeploymentNotFound: 'model_not_found',
  invalid_api_key: 'auth',
  account_deactivated: 'auth',
  unsupported_country_region_territory: 'permission',
  content_policy_violation: 'content_policy',
  content_filter: 'content_policy',
  invalid_prompt: 'content_policy',
  cyber_policy: 'content_policy',
  bio_policy: 'content_policy',
  misalignment_policy_violation: 'content_policy',
  image_content_policy_violation: 'content_policy',
  unsupported_parameter: 'unsupported',
  server_error: 'internal',
  vector_store_timeout: 'timeout',
  previous_response_not_found: 'invalid',
  data_residency_mismatch: 'permission',
}

const types: Readonly<Record<string, FaultClass>> = {
  insufficient_quota: 'billing',
  rate_limit_error: 'rate_limit',
  rate_limit_exceeded: 'rate_limit',
  tokens: 'rate_limit',
  requests: 'rate_limit',
  authentication_error: 'auth',
  permission_error: 'permission',
  not_found_error: 'not_found',
  overloaded_error: 'overloaded',
  service_unavailable_error: 'overloaded',
  timeout_error: 'timeout',
  server_error: 'internal',
  api_error: 'internal',
}

/** For servers whose codes say nothing. Only words that cannot mean another thing. */
const wordings: readonly (readonly [RegExp, FaultClass])[] = [
  [overflowWords, 'context_length'],
  [/exceeded your current quota|insufficient (balance|credits?|quota)/i, 'billing'],
  [filterWords, 'content_policy'],
  [/^the (requested )?model\b.*\bdoes not exist/i, 'model_not_found'],
]

const statuses: Readonly<Record<number, FaultClass>> = {
  400: 'invalid',
  401: 'auth',
  402: 'billing',
  403: 'permission',
  404: 'not_found',
  408: 'timeout',
  409: 'conflict',
  413: 'too_large',
  415: 'encoding',
  422: 'unprocessable',
  429: 'rate_limit',
  499: 'cancelled',
  500: 'internal',
  501: 'unsupported',
  502: 'bad_gateway',
  503: 'overloaded',
  504: 'timeout',
  529: 'overloaded',
}

/** With a status this type is too wide to say anything: it stands beside 400, 401 and 404 alike. */
const withoutStatus = (type: string | undefined): FaultClass =>
  type === 'invalid_request_error' ? 'invalid' : 'internal'

function statusClass(status: number): FaultClass {
  return statuses[status] ?? (status >= 500 ? 'internal' : status >= 400 ? 'invalid' : 'bad_gateway')
}
