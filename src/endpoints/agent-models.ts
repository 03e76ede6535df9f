import type { ListedModel } from './models.ts'

/**
 * A model as Codex's catalogue has it (`GET /v1/models?client_version=…`, asked only where its configuration names a
 * `model_catalog_url`). All of these fields must be there, or the whole list is refused. Seen with 0.169: such a list takes
 * the place of the built-in one, and an entry's instructions take the place of Codex's own long prompt, which no field
 * lets it keep. So who only wants another model behind Codex does better without the list, under a name that Codex knows
 * (an alias of the key); the list is for who wants to see and choose every model.
 */
export const agentModel = ({ id, efforts = [], maxInput }: ListedModel): Record<string, unknown> => ({
  slug: id,
  display_name: id,
  description: null,
  base_instructions: instructions,
  supported_reasoning_levels: efforts
    .filter((effort) => effort !== 'none')
    .map((effort) => ({ effort, description: effort })),
  ...(efforts.includes('medium') && { default_reasoning_level: 'medium' }),
  shell_type: 'default',
  apply_patch_tool_type: 'freeform',
  supports_parallel_tool_calls: true,
  // Tools found later would stand before the conversation at most upstreams, whose prompt caches then miss.
  supports_search_tool: false,
  support_verbosity: false,
  experimental_supported_tools: [],
  input_modalities: ['text', 'image'],
  truncation_policy: { mode: 'bytes', limit: 10_000 },
  context_window: maxInput ?? cautiousWindow,
  max_context_window: maxInput ?? cautiousWindow,
  visibility: 'list',
  supported_in_api: true,
  priority: 0,
})

/** Tokens. Where nobody said how many a model takes: Codex compacts its history before it, and never without it. */
const cautiousWindow = 128_000

const instructions = `You are a coding agent. You work with the user in one workspace, through the tools that you are given, until what they asked for is done.

Before you change something, look: read the files that matter and how the project does things, and follow it. Files named AGENTS.md hold the project's own rules for the folder they stand in and below; instructions of the user go before them.

Do what was asked, whole, and nothing beside it. Fix causes and not symptoms. Leave alone what others changed, and never undo their work. Never commit, push, or delete without being asked to.

Use the shell to look around and to run programs; prefer fast searches. Change files with the patch tool where you have it. Its input is plain text:

*** Begin Patch
*** Update File: path/of/file
@@ a line near the place, such as a function's head
 an unchanged line
-a line to take out
+a line to put in
*** End Patch

"*** Add File: path" is followed by lines that begin with +; "*** Delete File: path" by nothing. Calls that do not need one another can be made at the same time. For longer work keep a plan where there is a tool for it.

Say in a sentence what you are about to do before you do it. Check what you did: run the tests or the program, begin with the smallest that can fail, and say so where you could not. When you are done, answer shortly: what changed, where, and what the user should know. Quote paths as path:line. Do not claim what you have not seen.`
