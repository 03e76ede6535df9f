/**
 * Words by which vendors say that a filter of theirs refused a prompt or an answer, where no code says so: Anthropic's
 * filter and its Usage Policy, Google's Responsible AI practices and Model Armor, DeepSeek's and Moonshot's risk, and what
 * compatible servers pass on of these. None that could be said of a field: "invalid safety setting" is another thing.
 * @see https://support.claude.com/en/articles/10023638-why-am-i-receiving-an-output-blocked-by-content-filtering-policy-error
 * @see https://docs.cloud.google.com/vertex-ai/generative-ai/docs/multimodal/process-blocked-responses
 */
export const filterWords = new RegExp(
  [
    'content filter(?:ing)? policy',
    'content (?:management )?policy',
    'content_filter',
    'prohibited_content',
    'blocked (?:by|under|due to) .{0,60}(?:polic|safety|filter|armor)',
    'violat\\w+ .{0,60}(?:usage polic|content polic|safety polic|responsible ai)',
    'responsible ai practices',
    'safety filter threshold prohibited',
    'safety system',
    'sensitive (?:words?|content|information)',
    'inappropriate content',
    'content exists risk',
    'considered high risk',
    '敏感内容',
  ].join('|'),
  'i',
)
