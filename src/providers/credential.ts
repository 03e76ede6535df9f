import { signing } from './credentials/aws.ts'
import { googleHeaders } from './credentials/google.ts'
import type { Auth } from './provider.ts'

/** What is about to be sent: signatures cover it. `headers` have lower-case names. */
export interface Outgoing {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

export type SecretHeaders = Record<string, string>

export interface Credential {
  /** The headers that prove who asks. At once for plain keys, which is nearly always; a promise where something is signed or fetched. */
  headers(outgoing: Outgoing): SecretHeaders | Promise<SecretHeaders>
}

const kept = new Map<string, Credential>()
const mostKept = 1000

/**
 * How `secret` becomes headers. An empty secret adds nothing: local servers want none. One credential is kept for each secret,
 * because Google's holds a token for an hour.
 * @throws Error, when asked for headers, where a Google service account cannot be read or is refused.
 */
export function credential(auth: Auth, secret: string): Credential {
  if (auth.kind !== 'google') return makeCredential(auth, secret)
  const found = kept.get(secret)
  if (found) return found
  const made = makeCredential(auth, secret)
  if (kept.size >= mostKept) kept.clear()
  kept.set(secret, made)
  return made
}

function makeCredential(auth: Auth, secret: string): Credential {
  if (secret === '') return constant({})
  switch (auth.kind) {
    case 'none':
      return constant({})
    case 'bearer':
      return constant({ authorization: `Bearer ${secret}` })
    case 'header':
      return constant({ [auth.name]: secret })
    case 'sigv4': {
      const sign = signing(secret, auth.service)
      return sign ? { headers: sign } : constant({ authorization: `Bearer ${secret}` })
    }
    case 'google':
      return { headers: googleHeaders(secret) }
  }
}

const constant = (headers: SecretHeaders): Credential => ({ headers: () => ({ ...headers }) })
