import { type Fault, fault } from '../../model/fault.ts'

/** Whether the conversation is kept by the server, and only its new messages are sent. */
export const asksThread = ({ thread }: Readonly<Record<string, unknown>>): boolean =>
  thread !== undefined && thread !== null

/**
 * Where no thread is kept, the conversation would silently be lost.
 * The vendor's own SDK sends everything again, without a thread, when it is told so in these words.
 */
export const threadFault: Fault = fault('invalid', 'thread: message threads are not supported for this model', {
  param: 'thread',
  details: { error_code: 'thread_unsupported_request', unsupported: ['gateway'] },
})
