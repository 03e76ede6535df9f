import { filterWords } from '../../model/content-filter.ts'
import type { FaultClass } from '../../model/fault.ts'
import { overflowWords } from '../../model/overflow.ts'

/** What an error says about itself. */
export interface Evidence {
  readonly message: string
  /** The gRPC status word. */
  readonly word: string
  /** The HTTP status. */
  readonly status: number | undefined
  /** `ErrorInfo.reason`s. */
  readonly reasons: readonly string[]
  /** Names of the quotas that were met. */
  readonly quotas: readonly string[]
}

/** @see https://ai.google.dev/gemini-api/docs/troubleshooting */
export function classify(evidence: Evidence): FaultClass {
  const byReason = evidence.reasons.map((reason) => reasonClasses.get(reason)).find((found) => found !== undefined)
  if (byReason) return byReason
  if (evidence.quotas.some((quota) => /PerDay/i.test(quota))) return 'billing'
  const byText = texts.find(({ pattern, words }) => words.includes(evidence.word) && pattern.test(evidence.message))
  if (byText) return byText.is
  // Their one word for every wrong argument; a front end's status says more.
  if (evidence.word === 'INVALID_ARGUMENT' && evidence.status === 413) return 'too_large'
  return wordClasses.get(evidence.word) ?? classOfStatus(evidence.status ?? 502)
}

export function classOfStatus(status: number): FaultClass {
  const known = statusClasses.get(status)
  if (known) return known
  return status >= 400 && status < 500 ? 'invalid' : 'bad_gateway'
}

const reasonClasses: ReadonlyMap<string, FaultClass> = new Map<string, FaultClass>([
  ['API_KEY_INVALID', 'auth'],
  ['API_KEY_EXPIRED', 'auth'],
  ['ACCESS_TOKEN_EXPIRED', 'auth'],
  ['CREDENTIALS_MISSING', 'auth'],
  ['API_KEY_SERVICE_BLOCKED', 'permission'],
  ['SERVICE_DISABLED', 'permission'],
  ['CONSUMER_SUSPENDED', 'permission'],
  ['IAM_PERMISSION_DENIED', 'permission'],
  ['BILLING_DISABLED', 'billing'],
  ['QUOTA_EXHAUSTED', 'billing'],
  ['RATE_LIMIT_EXCEEDED', 'rate_limit'],
])

/** Where the word alone says too little. Servers that leave the word out are judged by the text as well. */
const texts: readonly { readonly pattern: RegExp; readonly words: readonly string[]; readonly is: FaultClass }[] = [
  { pattern: overflowWords, words: ['INVALID_ARGUMENT', ''], is: 'context_length' },
  { pattern: filterWords, words: ['INVALID_ARGUMENT', 'FAILED_PRECONDITION', ''], is: 'content_policy' },
  {
    pattern: /api[ _]key (?:not valid|expired|not found)|pass a valid api key/i,
    words: ['INVALID_ARGUMENT', 'FAILED_PRECONDITION', ''],
    is: 'auth',
  },
  { pattern: /payload size exceeds|request (?:entity )?too large/i, words: ['INVALID_ARGUMENT', ''], is: 'too_large' },
  {
    pattern: /\bmodels?\b.*(?:not found|not supported|does not exist|no longer available)/i,
    words: ['NOT_FOUND', ''],
    is: 'model_not_found',
  },
  {
    pattern: /billing|credits? (?:are|is) depleted|out of credit/i,
    words: ['FAILED_PRECONDITION', 'RESOURCE_EXHAUSTED'],
    is: 'billing',
  },
  { pattern: /location is not supported/i, words: ['FAILED_PRECONDITION'], is: 'permission' },
]

const wordClasses: ReadonlyMap<string, FaultClass> = new Map<string, FaultClass>([
  ['INVALID_ARGUMENT', 'invalid'],
  ['FAILED_PRECONDITION', 'invalid'],
  ['OUT_OF_RANGE', 'invalid'],
  ['UNAUTHENTICATED', 'auth'],
  ['PERMISSION_DENIED', 'permission'],
  ['NOT_FOUND', 'not_found'],
  ['ALREADY_EXISTS', 'conflict'],
  ['ABORTED', 'conflict'],
  ['RESOURCE_EXHAUSTED', 'rate_limit'],
  ['CANCELLED', 'cancelled'],
  ['UNKNOWN', 'internal'],
  ['INTERNAL', 'internal'],
  ['DATA_LOSS', 'internal'],
  ['UNIMPLEMENTED', 'unsupported'],
  ['UNAVAILABLE', 'overloaded'],
  ['DEADLINE_EXCEEDED', 'timeout'],
])

const statusClasses: ReadonlyMap<number, FaultClass> = new Map<number, FaultClass>([
  [401, 'auth'],
  [402, 'billing'],
  [403, 'permission'],
  [404, 'not_found'],
  [408, 'timeout'],
  [409, 'conflict'],
  [413, 'too_large'],
  [422, 'unprocessable'],
  [429, 'rate_limit'],
  [499, 'cancelled'],
  [500, 'internal'],
  [501, 'unsupported'],
  [503, 'overloaded'],
  [504, 'timeout'],
  [529, 'overloaded'],
])
