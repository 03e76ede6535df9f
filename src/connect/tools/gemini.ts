import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Edit } from '../edit.ts'
import { jsonWithComments } from '../formats/json.ts'
import type { Connection, Start, Tool } from '../tool.ts'

const homeName = 'gemini-home'

/** Other ways to sign in, and the key that the SDK would take first. */
const rivals = ['GOOGLE_GENAI_USE_VERTEXAI', 'GOOGLE_GENAI_USE_GCA', 'GOOGLE_API_KEY', 'GEMINI_CLI_CUSTOM_HEADERS']

/** Without a chosen way to sign in, a base URL makes it choose one that it then refuses. */
const signIn: Edit = { path: ['security', 'auth', 'selectedType'], value: 'gemini-api-key' }

const variables = ({ key, roles, url }: Connection): Record<string, string> => ({
  GEMINI_API_KEY: key,
  GOOGLE_GEMINI_BASE_URL: url,
  ...(roles && { GEMINI_MODEL: roles.main }),
})

export const gemini: Tool = {
  id: 'gemini',
  title: 'Gemini CLI',
  package: '@google/gemini-cli',
  versions: { tested: '0.61.0', oldest: '0.61.0', lacks: 'the variable that names its server' },
  caveat: 'Gemini CLI reads its .env only in folders that it trusts and that have no .env of their own.',
  ownModels: ['gemini-*'],
  aliases: ({ main, small }) => [
    { name: 'gemini-*flash-lite*', model: small },
    { name: 'gemini-*', model: main },
  ],
  variables: () => undefined,
  files: (connection, { environment, home }) => {
    const folder = join(environment.GEMINI_CLI_HOME || home, '.gemini')
    const { roles } = connection
    return [
      {
        path: join(folder, 'settings.json'),
        format: 'json-comments',
        isSecret: false,
        edits: [signIn, ...(roles ? [{ path: ['model', 'name'], value: roles.main }] : [])],
      },
      {
        path: join(folder, '.env'),
        format: 'dotenv',
        isSecret: true,
        edits: Object.entries(variables({ ...connection, ...(roles && { roles }) }))
          .filter(([name]) => name !== 'GEMINI_MODEL')
          .map(([name, value]) => ({ path: [name], value })),
      },
    ]
  },
  // The way to sign in has no variable, and the user's may be a login with Google. So the tool gets a home of its own for
  // this start: the user's settings with our way to sign in, the rest linked, logins left out.
  launch(connection, { environment, folder, home }: Start) {
    const theirs = join(environment.GEMINI_CLI_HOME || home, '.gemini')
    const path = join(theirs, 'settings.json')
    const text = textOf(path)
    const parsed = jsonWithComments.parse(text)
    const edits = [signIn, ...(connection.roles ? [{ path: ['model', 'name'], value: connection.roles.main }] : [])]
    return {
      arguments: [],
      environment: {
        ...variables(connection),
        ...Object.fromEntries(rivals.map((name) => [name, ''])),
        GEMINI_CLI_HOME: join(folder, homeName),
      },
      without: [],
      files: { [join(homeName, '.gemini', 'settings.json')]: parsed.ok ? jsonWithComments.apply(text, edits) : '' },
      links: Object.fromEntries(linked(theirs).map((name) => [join(homeName, '.gemini', name), join(theirs, name)])),
      ...(!parsed.ok && { problem: { path, line: parsed.line, message: parsed.message } }),
    }
  },
}

/** Settings are made anew; logins and variables would be in our way. */
const leftOut = new Set([
  'settings.json',
  '.env',
  'oauth_creds.json',
  'google_accounts.json',
  'gemini-credentials.json',
])

const linked = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder).filter((name) => !leftOut.has(name) && !name.includes('before-causeway'))
    : []

/** Without its byte order mark; empty where there is no file. */
const textOf = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8').replace(/^\uFEFF/, '') : '')
