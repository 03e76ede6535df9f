import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Edit, isTree, type Tree, withEdit } from '../edit.ts'
import { jsonWithTrailingCommas } from '../formats/json.ts'
import type { Connection, Surroundings, Tool } from '../tool.ts'

const provider = 'causeway'
const keyVariable = 'CAUSEWAY_API_KEY'
/** A longer list is no help in a menu. */
const mostModels = 40

/** What a model of ours can be sent; the server tells the client what an upstream cannot take. */
const abilities = { attachment: true, modalities: { input: ['text', 'image'], output: ['text'] } }

function edits({ models, roles, url }: Connection, key: string): Edit[] {
  const named = roles ? [roles.main, roles.small] : []
  const shown = [...new Set([...named, ...(models.length <= mostModels ? models : [])])]
  return [
    { path: ['provider', provider, 'npm'], value: '@ai-sdk/openai-compatible' },
    { path: ['provider', provider, 'name'], value: 'Causeway' },
    { path: ['provider', provider, 'options', 'baseURL'], value: `${url}/v1` },
    { path: ['provider', provider, 'options', 'apiKey'], value: key },
    ...shown.map((name) => ({ path: ['provider', provider, 'models', name], value: { name, ...abilities } })),
    ...(roles
      ? [
          { path: ['model'], value: `${provider}/${roles.main}` },
          { path: ['small_model'], value: `${provider}/${roles.small}` },
        ]
      : []),
  ]
}

/** The one that counts most of those that are there. */
function configPath({ environment, home }: Surroundings): string {
  const folder = join(environment.XDG_CONFIG_HOME || join(home, '.config'), 'opencode')
  const commented = join(folder, 'opencode.jsonc')
  return existsSync(commented) ? commented : join(folder, 'opencode.json')
}

export const opencode: Tool = {
  id: 'opencode',
  title: 'OpenCode',
  package: 'opencode-ai',
  versions: { tested: '1.18.33', oldest: '1.18.33', lacks: 'configuration from its environment' },
  ownModels: [],
  aliases: () => [],
  variables: () => undefined,
  files: (connection, surroundings) => [
    {
      path: configPath(surroundings),
      format: 'json-commas',
      isSecret: true,
      claim: ['provider', provider],
      edits: edits(connection, connection.key),
    },
  ],
  launch(connection, { environment }) {
    const parsed = jsonWithTrailingCommas.parse(environment.OPENCODE_CONFIG_CONTENT ?? '')
    const given: Tree = parsed.ok && isTree(parsed.tree) ? parsed.tree : {}
    return {
      arguments: [],
      environment: {
        [keyVariable]: connection.key,
        OPENCODE_CONFIG_CONTENT: JSON.stringify(edits(connection, `{env:${keyVariable}}`).reduce(withEdit, given)),
      },
      without: [],
      files: {},
    }
  },
}
