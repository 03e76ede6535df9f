import { type Fault, fault } from '../model/fault.ts'

/** What a 200 whose body is not the format's JSON comes to: an HTML page of a proxy, a cut answer, nothing. */
export const garbage = (bytes: Uint8Array): Fault =>
  fault('bad_gateway', 'The upstream answered something that is not in its format.', {
    cause: Buffer.from(bytes.subarray(0, 500)).toString('utf8'),
  })
