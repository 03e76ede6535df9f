import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto'
import type { Outgoing, SecretHeaders } from '../credential.ts'

/** `ACCESS:SECRET` or `ACCESS:SECRET:SESSION`. A Bedrock API key has no colon. */
const pattern = /^(?<access>\w+):(?<secret>[^:]+)(?::(?<session>.+))?$/

/** A function that signs requests with Signature Version 4, or undefined when `secret` is no pair of AWS keys. */
export function signing(
  secret: string,
  service: string,
  clock: () => number = Date.now,
): ((outgoing: Outgoing) => Promise<SecretHeaders>) | undefined {
  const { access, secret: key, session } = pattern.exec(secret)?.groups ?? {}
  if (access === undefined || key === undefined) return undefined
  const credentials = {
    accessKeyId: access,
    secretAccessKey: key,
    ...(session !== undefined && { sessionToken: session }),
  }
  return async ({ method, url, body }) => {
    // Loaded when first needed: few installations sign.
    const { SignatureV4 } = await import('@smithy/signature-v4')
    const { protocol, hostname, host, pathname, searchParams } = new URL(url)
    const signer = new SignatureV4({
      service,
      region: regionOf(hostname),
      credentials,
      sha256: Sha256,
      applyChecksum: false,
    })
    const signed = await signer.sign(
      // Only the host is signed beside AWS's own headers: proxies may touch the others.
      { method, protocol, hostname, path: pathname, query: Object.fromEntries(searchParams), headers: { host }, body },
      { signingDate: new Date(clock()) },
    )
    const { host: _host, ...headers } = signed.headers
    return headers
  }
}

/** The region that an AWS host name holds; `us-east-1`, which global services are signed for, when it holds none. */
export const regionOf = (hostname: string): string =>
  /(?:^|\.)([a-z]{2}(?:-[a-z]+)+-\d+)\./.exec(hostname)?.[1] ?? 'us-east-1'

/** SHA-256, keyed or not, in the shape that the signer asks for. */
class Sha256 {
  #state: Hash | Hmac
  readonly #key: string | Uint8Array | undefined

  constructor(key?: string | ArrayBuffer | ArrayBufferView) {
    this.#key = key === undefined || typeof key === 'string' ? key : bytesOf(key)
    this.#state = this.#fresh()
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#state.update(typeof data === 'string' ? data : bytesOf(data))
  }

  async digest(): Promise<Uint8Array> {
    return this.#state.digest()
  }

  reset(): void {
    this.#state = this.#fresh()
  }

  #fresh(): Hash | Hmac {
    return this.#key === undefined ? createHash('sha256') : createHmac('sha256', this.#key)
  }
}

const bytesOf = (data: ArrayBuffer | ArrayBufferView): Uint8Array =>
  ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data)
