import { join } from 'node:path'
import type { Connection, Tool } from '../tool.ts'

const provider = 'causeway'
const keyVariable = 'CAUSEWAY_API_KEY'

/** `responses` is the only format that Codex still speaks. @see https://developers.openai.com/codex/config-reference */
const table = ({ url }: Connection) => ({
  name: 'Causeway',
  base_url: `${url}/v1`,
  wire_api: 'responses',
})

export const codex: Tool = {
  id: 'codex',
  title: 'Codex CLI',
  package: '@openai/codex',
  versions: { tested: '0.169.0', oldest: '0.169.0', lacks: 'a key in its configuration, or the tools that it offers' },
  ownModels: ['gpt-*', 'codex-*'],
  aliases: ({ main, small }) => [
    { name: 'gpt-*-mini*', model: small },
    { name: 'gpt-*-nano*', model: small },
    { name: 'gpt-*', model: main },
    { name: 'codex-*', model: main },
  ],
  variables: () => undefined,
  files: (connection, { environment, home }) => [
    {
      path: join(environment.CODEX_HOME || join(home, '.codex'), 'config.toml'),
      format: 'toml',
      isSecret: true,
      claim: ['model_providers', provider],
      edits: [
        ...(connection.roles ? [{ path: ['model'], value: connection.roles.main }] : []),
        ...(connection.window === undefined ? [] : [{ path: ['model_context_window'], value: connection.window }]),
        { path: ['model_provider'], value: provider },
        ...Object.entries({ ...table(connection), experimental_bearer_token: connection.key }).map(([name, value]) => ({
          path: ['model_providers', provider, name],
          value,
        })),
      ],
    },
  ],
  // The key is in the environment: everybody on the machine can read a command line.
  launch: (connection) => ({
    arguments: Object.entries({
      ...(connection.roles && { model: connection.roles.main }),
      ...(connection.window !== undefined && { model_context_window: connection.window }),
      model_provider: provider,
      ...Object.fromEntries(
        Object.entries({ ...table(connection), env_key: keyVariable }).map(([name, value]) => [
          `model_providers.${provider}.${name}`,
          value,
        ]),
      ),
    }).flatMap(([name, value]) => ['-c', `${name}=${JSON.stringify(value)}`]),
    environment: { [keyVariable]: connection.key },
    without: [],
    files: {},
  }),
}
