export type SandboxModelId = 'sandbox-1' | 'sandbox-thinker' | 'sandbox-tools' | 'sandbox-echo' | 'sandbox-vision'

/** What one of the sandbox's models is for. */
export interface SandboxModel {
  readonly id: SandboxModelId
  readonly title: string
  /** Largest prompt and largest answer, in the sandbox's own tokens. */
  readonly contextTokens: number
  readonly outputTokens: number
}

const limits = { contextTokens: 200_000, outputTokens: 64_000 }

export const sandboxModels: readonly SandboxModel[] = [
  { id: 'sandbox-1', title: 'Sandbox: answers', ...limits },
  { id: 'sandbox-thinker', title: 'Sandbox: always thinks first', ...limits },
  { id: 'sandbox-tools', title: 'Sandbox: prefers to call a tool', ...limits },
  { id: 'sandbox-echo', title: 'Sandbox: answers with the last user text', ...limits },
  { id: 'sandbox-vision', title: 'Sandbox: describes media', ...limits },
]

/** A model's name as it was asked for, and the directives that may hang on it (`sandbox-1:fail=429`). */
export interface AskedModel {
  readonly name: string
  readonly model: SandboxModel
  readonly directive: string
}

/** Undefined when the sandbox has no such model. */
export function findModel(name: string): AskedModel | undefined {
  const [id, ...directives] = name.split(':')
  const model = sandboxModels.find((known) => known.id === id)
  return model && { name, model, directive: directives.join(' ') }
}

/** The date that the sandbox gives for all its models. */
export const modelDate = '2026-01-01T00:00:00Z'
