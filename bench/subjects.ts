import { completionsRequest, type Exchange, messagesRequest } from './exchanges.ts'

/** What is asked in one cell of a round: whole answers or streams, forwarded or translated. */
export interface Subject {
  readonly exchange: Exchange
  readonly shape: 'whole' | 'stream'
}

const messages = { upstream: 'messages' } as const
const completions = { upstream: 'completions' } as const

export const subjects = {
  'messages whole': { exchange: messagesRequest({ manner: 'whole', ...messages }), shape: 'whole' },
  'chat whole': { exchange: completionsRequest({ manner: 'whole', ...completions }), shape: 'whole' },
  'translated whole': { exchange: messagesRequest({ manner: 'whole', ...completions }), shape: 'whole' },
  'messages stream': { exchange: messagesRequest({ manner: 'events', ...messages }), shape: 'stream' },
  'chat stream': { exchange: completionsRequest({ manner: 'events', ...completions }), shape: 'stream' },
  'translated stream': { exchange: messagesRequest({ manner: 'events', ...completions }), shape: 'stream' },
} as const satisfies Record<string, Subject>

export type SubjectName = keyof typeof subjects

// The keys of an object literal.
export const subjectNames = Object.keys(subjects) as readonly SubjectName[]

/** The gateway alone translates; it is compared with what the others need to forward the same upstream's answer. */
export const comparedWith = (subject: SubjectName): SubjectName => baselines[subject] ?? subject

const baselines: { readonly [Name in SubjectName]?: SubjectName } = {
  'translated whole': 'chat whole',
  'translated stream': 'chat stream',
}
