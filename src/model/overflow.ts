/**
 * The words by which servers say that a prompt is longer than the model's window, where no code says it. Agents compact their
 * history when they are told so, and give up on any other 400.
 *
 * In order: OpenAI, Azure and what copies them; vLLM and SGLang; llama.cpp; Gemini; Moonshot; Zhipu, MiniMax, Qwen, Baidu;
 * xAI; text-generation-inference; Anthropic and Bedrock.
 */
export const overflowWords = new RegExp(
  [
    'maximum context (?:length|limit)|context[ _](?:length|window|limit) (?:is |was )?exceed|exceeds? (?:the |your )?(?:model.?s )?context',
    'context_length_exceeded|context exceeds your deployment|reduce the length of the messages',
    'input tokens exceed the configured limit|exceeds? (?:the )?(?:model.?s )?(?:maximum|max) (?:context|number of (?:input )?tokens)',
    'longer than the (?:maximum model length|model.?s context length)|but model only supports up to|too many tokens in',
    'exceeds? the available context size|exceeds? (?:the )?available context',
    'input token count.{0,60}exceed|token count.{0,60}exceeds',
    'exceeded model token limit|tokens in request more than max tokens allowed|input token length too long',
    'prompt exceeds max length|context window exceeds limit|range of input length should be',
    'maximum prompt length',
    '`inputs` tokens \\+ `max_new_tokens` must be',
    '(?:prompt|input|input context) is too long',
  ].join('|'),
  'i',
)
