import { readFile } from 'node:fs/promises'
import type { AuthClient } from 'google-auth-library'
import type { SecretHeaders } from '../credential.ts'
import { keptToken, type Token } from './token.ts'

const scopes = ['https://www.googleapis.com/auth/cloud-platform']

/**
 * Headers for Google Cloud. `secret` is a service account's JSON or the path of a file that holds it, `adc` for the machine's own
 * credentials, an access token (`ya29.…`), or else an API key.
 */
export function googleHeaders(secret: string): () => SecretHeaders | Promise<SecretHeaders> {
  const source = sourceOf(secret)
  if (!source) {
    const headers: SecretHeaders = secret.startsWith('ya29.')
      ? { authorization: `Bearer ${secret}` }
      : { 'x-goog-api-key': secret }
    return () => headers
  }
  const token = keptToken(() => fetchToken(source))
  return async () => ({ authorization: `Bearer ${await token()}` })
}

type Source =
  | { readonly kind: 'json'; readonly text: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'adc' }

function sourceOf(secret: string): Source | undefined {
  if (secret.trimStart().startsWith('{')) return { kind: 'json', text: secret }
  if (secret === 'adc') return { kind: 'adc' }
  return secret.endsWith('.json') ? { kind: 'file', path: secret } : undefined
}

async function fetchToken(source: Source): Promise<Token> {
  const client = await clientOf(source)
  const { token } = await client.getAccessToken()
  if (!token) throw new Error('Google gave no access token')
  return { text: token, expiresAtMs: client.credentials.expiry_date ?? Date.now() + 3_600_000 }
}

async function clientOf(source: Source): Promise<AuthClient> {
  // Loaded when first needed: few installations speak to Google Cloud.
  const { ExternalAccountClient, GoogleAuth, JWT } = await import('google-auth-library')
  if (source.kind === 'adc') return new GoogleAuth({ scopes }).getClient()
  const account = accountIn(source.kind === 'json' ? source.text : await readFile(source.path, 'utf8'))
  const { type, client_email: email, private_key: key } = account
  if (type === 'service_account' && typeof email === 'string' && typeof key === 'string')
    return new JWT({ email, key, scopes: [...scopes] })
  // The library looks at the fields itself, and answers null where they are none of an external account.
  const external = ExternalAccountClient.fromJSON({ ...account, scopes } as never)
  if (!external) throw new Error('the Google account is neither a service account nor an external one')
  return external
}

function accountIn(text: string): Readonly<Record<string, unknown>> {
  try {
    const account: unknown = JSON.parse(text)
    return typeof account === 'object' && account !== null ? { ...account } : {}
  } catch {
    // No cause: a syntax error quotes the text, which is the secret.
    throw new Error('the Google service account is not JSON')
  }
}
