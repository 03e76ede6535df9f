import dns from 'node:dns'
import type { LookupFunction } from 'node:net'
import { Agent, buildConnector } from 'undici'
import { isPublicAddress, literalAddress } from './address.ts'

/** Resolves a name to all of its addresses, like `dns.promises.lookup` with `all`. */
export type Lookup = (hostname: string) => Promise<{ address: string; family: number }[]>

/** What may be reached: public addresses on the web's ports, and whatever `allow` accepts. */
export interface Guard {
  timeoutMs: number
  allow?: (address: string) => boolean
  lookup?: Lookup
}

/** The address that was about to be connected to is none that a stranger may reach. */
class AddressRefused extends Error {
  readonly code = 'ERR_ADDRESS_REFUSED'
}

const WEB_PORTS = new Set([80, 443])

/**
 * An agent that connects only where the guard lets it. Names are filtered while they are resolved, for that very connection;
 * hosts that are addresses are checked before; and the socket's own address again before a byte of the request is written.
 */
export function guardedAgent(guard: Guard): Agent {
  return new Agent({
    connect(options, callback) {
      const port = Number(options.port) || (options.protocol === 'https:' ? 443 : 80)
      const mayReach = (address: string) =>
        (isPublicAddress(address) && WEB_PORTS.has(port)) || guard.allow?.(address) === true
      const literal = literalAddress(options.hostname)
      if (literal !== undefined && !mayReach(literal)) return callback(new AddressRefused(), null)
      const connect = buildConnector({ timeout: guard.timeoutMs, lookup: filtered(guard.lookup ?? resolve, mayReach) })
      connect(options, (error, socket) => {
        if (error !== null) return callback(error, null)
        if (mayReach(socket.remoteAddress ?? '')) return callback(null, socket)
        socket.destroy()
        callback(new AddressRefused(), null)
      })
    },
  })
}

const resolve: Lookup = (hostname) => dns.promises.lookup(hostname, { all: true })

/** Node's callback form of a lookup that yields only what may be reached. */
function filtered(lookup: Lookup, mayReach: (address: string) => boolean): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname).then(
      (found) => {
        const reachable = found.filter(({ address }) => mayReach(address))
        const [first] = reachable
        if (first === undefined) callback(new AddressRefused(), [])
        else if (options.all) callback(null, reachable)
        else callback(null, first.address, first.family)
      },
      (error: NodeJS.ErrnoException) => callback(error, []),
    )
  }
}
