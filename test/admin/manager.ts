import type { AppOptions } from '../../src/app.ts'
import { type Gateway, startGateway } from '../support/gateway.ts'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** Parsed; undefined when it is no JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look at what they know to be there
  readonly body: any
}

export interface Manager {
  readonly gateway: Gateway
  /** May do everything. */
  readonly root: string
  /** A token of every role. */
  readonly tokens: Readonly<Record<'root' | 'admin' | 'reader', string>>
  ask(method: string, path: string, body?: unknown, more?: Asking): Promise<Answer>
  /** Asks, and throws when it is refused. Gives the body. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look at what they know to be there
  done(method: string, path: string, body?: unknown): Promise<any>
  close(): Promise<void>
}

export interface Asking {
  /** `null`: none. The root's where absent. */
  readonly token?: string | null
  readonly headers?: Readonly<Record<string, string>>
}

/** A gateway and somebody who manages it. Strings as bodies are sent as they are. */
export async function startManager(
  yaml = '',
  environment: Record<string, string> = {},
  options: AppOptions = {},
): Promise<Manager> {
  const gateway = await startGateway(yaml, environment, options)
  const root = gateway.app.rootToken ?? ''
  const ask: Manager['ask'] = async (method, path, body, { token = root, headers = {} } = {}) => {
    const response = await fetch(`${gateway.url}/api${path}`, {
      method,
      headers: {
        ...(token !== null && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, body: parsed(text) }
  }
  const done: Manager['done'] = async (method, path, body) => {
    const answer = await ask(method, path, body)
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`)
    return answer.body
  }
  const admin = await done('POST', '/tokens', { name: 'admin', role: 'admin' })
  const reader = await done('POST', '/tokens', { name: 'reader', role: 'reader' })
  return {
    gateway,
    root,
    tokens: { root, admin: admin.token, reader: reader.token },
    ask,
    done,
    close: () => gateway.close(),
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
