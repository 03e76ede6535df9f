/**
 * The messages of the API and their fields, in camelCase. A field is free (`any`), `bytes`, another message (`-> name`, alone or in a list),
 * or a map of messages (`=> name`). What is not here does not exist. @see https://ai.google.dev/api/generate-content
 */
const free = (...names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, 'any']))

export const SHAPES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  request: {
    ...free('model', 'cachedContent', 'serviceTier', 'store', 'continuationToken'),
    contents: '-> content',
    systemInstruction: '-> content',
    generationConfig: '-> generationConfig',
    tools: '-> tool',
    toolConfig: '-> toolConfig',
    safetySettings: '-> safetySetting',
  },
  countRequest: { model: 'any', contents: '-> content', generateContentRequest: '-> request' },
  content: { role: 'any', parts: '-> part' },
  part: {
    ...free('text', 'thought', 'executableCode', 'codeExecutionResult', 'toolCall', 'toolResponse', 'videoMetadata'),
    ...free('mediaResolution', 'mediaProcessing', 'audioTranscription', 'partMetadata', 'speechMetadata'),
    thoughtSignature: 'bytes',
    inlineData: '-> blob',
    fileData: '-> file',
    functionCall: '-> functionCall',
    functionResponse: '-> functionResponse',
  },
  blob: { ...free('mimeType', 'displayName'), data: 'bytes' },
  file: free('fileUri', 'mimeType', 'displayName'),
  functionCall: { ...free('id', 'name', 'partialArgs', 'willContinue'), args: 'object' },
  functionResponse: {
    ...free('id', 'name', 'scheduling', 'willContinue'),
    response: 'object',
    parts: '-> responsePart',
  },
  responsePart: { inlineData: '-> blob', fileData: '-> file' },
  generationConfig: {
    ...free('temperature', 'topP', 'topK', 'candidateCount', 'maxOutputTokens', 'stopSequences', 'seed'),
    ...free(
      'presencePenalty',
      'frequencyPenalty',
      'responseLogprobs',
      'logprobs',
      'responseMimeType',
      'responseFormat',
    ),
    ...free(
      'responseJsonSchema',
      'responseModalities',
      'imageConfig',
      'speechConfig',
      'mediaResolution',
      'audioTimestamp',
    ),
    ...free('audioTranscriptionConfig', 'enableEnhancedCivicAnswers'),
    responseSchema: '-> schema',
    thinkingConfig: '-> thinkingConfig',
  },
  thinkingConfig: free('includeThoughts', 'thinkingBudget', 'thinkingLevel'),
  tool: {
    ...free('googleSearch', 'googleSearchRetrieval', 'urlContext', 'codeExecution', 'googleMaps', 'fileSearch'),
    ...free('computerUse', 'mcpServers'),
    functionDeclarations: '-> functionDeclaration',
  },
  functionDeclaration: {
    ...free('name', 'description', 'parametersJsonSchema', 'responseJsonSchema', 'behavior'),
    parameters: '-> schema',
    response: '-> schema',
  },
  schema: {
    ...free('format', 'title', 'description', 'nullable', 'required', 'minItems', 'maxItems'),
    ...free('minProperties', 'maxProperties', 'minLength', 'maxLength', 'pattern', 'minimum', 'maximum'),
    ...free('propertyOrdering', 'default', 'example'),
    type: 'string',
    enum: 'strings',
    items: '-> schema',
    anyOf: '-> schema',
    properties: '=> schema',
  },
  toolConfig: {
    ...free('retrievalConfig', 'includeServerSideToolInvocations'),
    functionCallingConfig: '-> functionCallingConfig',
  },
  functionCallingConfig: free('mode', 'allowedFunctionNames', 'streamFunctionCallArguments'),
  safetySetting: free('category', 'threshold', 'method'),
}
