import type { Fault } from '../model/fault.ts'

/** What must not reach a client in a message that a vendor wrote: addresses, keys, tokens, account ids. */
const secrets: readonly RegExp[] = [
  /\b(?:https?|wss?):\/\/[^\s"'<>)\]]+/gi,
  /\b(?:sk|pk|rk|gsk|xai|key|api|AKIA|ASIA)[-_][A-Za-z0-9*._-]{6,}/g,
  /\bAIza[\w*-]{8,}/g,
  /\bBearer\s+\S+/gi,
  /\beyJ[\w-]+\.[\w-]+\.[\w-]+/g,
  /\b(?:org|proj|acct|user|workspace|project)[-_][A-Za-z0-9]{8,}/g,
  /\b(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?\b/g,
  /\b[\w.+-]+@[\w-]+\.[\w.]+\b/g,
]

const longestMessage = 2_000

export const scrub = (message: string): string =>
  secrets.reduce((text, secret) => text.replace(secret, '[redacted]'), message).slice(0, longestMessage)

/**
 * An upstream's fault as the client may see it. What is wrong between us and the vendor (credentials, balance, rights) is
 * never told as the client's own 401, 402 or 403.
 */
export function presentable(upstream: Fault): Fault {
  if (upstream.isOwn) return upstream
  const { details, ...told } = upstream
  const isOurs = upstream.class === 'auth' || upstream.class === 'permission' || upstream.class === 'billing'
  return isOurs
    ? { class: 'bad_gateway', message: 'The upstream refused this gateway’s account.', cause: upstream }
    : {
        ...told,
        ...(details && isClean(details) && { details }),
        message: scrub(upstream.message),
        cause: upstream.cause ?? upstream.message,
      }
}

/** Clients act on details (Anthropic's SDK on a lost thread); those that hold a secret are left out whole. */
function isClean(details: Readonly<Record<string, unknown>>): boolean {
  const text = JSON.stringify(details)
  return scrub(text) === text
}
