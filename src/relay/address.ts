import type { IncomingMessage } from 'node:http'
import ipaddr from 'ipaddr.js'

type Address = ipaddr.IPv4 | ipaddr.IPv6
type Range = readonly [Address, number]

const parsed = new Map<string, Range | undefined>()

/** Whether an address lies in one of the ranges (CIDR, or single addresses). What is no address lies in none. */
export function isWithin(address: string, ranges: readonly string[]): boolean {
  const at = addressOf(address)
  return at !== undefined && ranges.some((range) => contains(range, at))
}

/** IPv4 inside IPv6 is IPv4: a dual-stack socket shows every client so. */
const addressOf = (text: string): Address | undefined => (ipaddr.isValid(text) ? ipaddr.process(text) : undefined)

function contains(text: string, address: Address): boolean {
  if (!parsed.has(text)) parsed.set(text, rangeOf(text))
  const range = parsed.get(text)
  return range !== undefined && range[0].kind() === address.kind() && address.match([range[0], range[1]])
}

function rangeOf(text: string): Range | undefined {
  if (ipaddr.isValidCIDR(text)) return ipaddr.parseCIDR(text)
  const single = addressOf(text)
  return single && [single, single.kind() === 'ipv4' ? 32 : 128]
}

/**
 * Where a request comes from: the other end of its connection or, while that is a trusted proxy, the address that it says
 * it had the request from. Anybody can write `x-forwarded-for`; only what a trusted proxy added to its end is believed.
 */
export function clientAddress(request: IncomingMessage, trustedProxies: readonly string[]): string {
  const peer = request.socket.remoteAddress ?? ''
  if (trustedProxies.length === 0) return peer
  const said = String(request.headers['x-forwarded-for'] ?? '').split(',')
  let address = peer
  for (const hop of said.toReversed()) {
    if (!isWithin(address, trustedProxies)) break
    const before = hop.trim()
    if (!ipaddr.isValid(before)) break
    address = before
  }
  return address
}
