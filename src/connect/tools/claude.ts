import { join } from 'node:path'
import type { Connection, Start, Surroundings, Tool } from '../tool.ts'

/** Ways to other services: where one is switched on, the base URL does not count. */
const detours = [
  'CLAUDE_CODE_USE_BEDROCK',
  'CLAUDE_CODE_USE_VERTEX',
  'CLAUDE_CODE_USE_FOUNDRY',
  'CLAUDE_CODE_USE_MANTLE',
  'CLAUDE_CODE_USE_ANTHROPIC_AWS',
  'CLAUDE_CODE_USE_ANTHROPIC_GOOGLE_CLOUD',
]
const logins = ['CLAUDE_CODE_OAUTH_TOKEN', 'ANTHROPIC_CUSTOM_HEADERS', 'ANTHROPIC_UNIX_SOCKET']

/**
 * The token counts more than a login, and nobody is asked whether it may be used. A key of the user's own would go to us
 * beside it, so it is emptied.
 * @see https://code.claude.com/docs/en/llm-gateway
 */
function variables({ key, roles, url, window }: Connection): Record<string, string> {
  return {
    ANTHROPIC_BASE_URL: url,
    ANTHROPIC_AUTH_TOKEN: key,
    ANTHROPIC_API_KEY: '',
    // A name that it does not know it takes for a million tokens, and would shorten its history too late.
    ...(window !== undefined && { CLAUDE_CODE_MAX_CONTEXT_TOKENS: String(window) }),
    ...(roles && {
      ANTHROPIC_MODEL: roles.main,
      ANTHROPIC_DEFAULT_OPUS_MODEL: roles.main,
      ANTHROPIC_DEFAULT_SONNET_MODEL: roles.main,
      ANTHROPIC_DEFAULT_FABLE_MODEL: roles.main,
      ANTHROPIC_DEFAULT_HAIKU_MODEL: roles.small,
    }),
  }
}

const settingsName = 'claude.settings.json'

export const claude: Tool = {
  id: 'claude',
  title: 'Claude Code',
  package: '@anthropic-ai/claude-code',
  versions: { tested: '2.1.330', oldest: '2.1.197', lacks: 'the variables that name its models' },
  ownModels: ['claude-*'],
  aliases: ({ main, small }) => [
    { name: 'claude-*haiku*', model: small },
    { name: 'claude-*', model: main },
  ],
  variables,
  files: (connection, { environment, home }: Surroundings) => [
    {
      path: join(environment.CLAUDE_CONFIG_DIR || join(home, '.claude'), 'settings.json'),
      format: 'json',
      isSecret: true,
      edits: [
        ...Object.entries(variables(connection)).map(([name, value]) => ({ path: ['env', name], value })),
        ...detours.map((name) => ({ path: ['env', name] })),
        { path: ['apiKeyHelper'] },
      ],
    },
  ],
  // `env` of the user's settings counts more than the environment, and less than a file named on the command line.
  launch(connection, { arguments: given, folder }: Start) {
    const environment = variables(connection)
    const isTaken = given.some((word) => word === '--settings' || word.startsWith('--settings='))
    const off = Object.fromEntries([...detours, ...logins].map((name) => [name, '']))
    return {
      arguments: isTaken ? [] : ['--settings', join(folder, settingsName)],
      environment,
      without: [...detours, ...logins],
      files: isTaken
        ? {}
        : { [settingsName]: JSON.stringify({ apiKeyHelper: '', env: { ...off, ...environment } }, undefined, 2) },
    }
  },
}
