/** A tokenizer.json of words between blanks, in which `a` and `b` at a word's end become one token. */
export function plainTokenizer(vocab: Readonly<Record<string, number>>) {
  const merges = [['a', 'b</w>']];
  return {
    ...{ added_tokens: [], normalizer: null, pre_tokenizer: { type: 'Whitespace' } },
    ...{ post_processor: null, decoder: null },
    model: { type: 'BPE', vocab, merges, end_of_word_suffix: '</w>', unk_token: '<|endoftext|>' },
  };
}

/** The files of a tokenizer in one, of texts of five tokens. */
export function singleFile(json: string): Readonly<Record<string, string>> {
  return { 'tokenizer.json': json, 'tokenizer_config.json': '{"model_max_length": 5}' };
}
