/**
 * Fields that transformers writes into every model's `config.json`, many of them about text generation and training
 * heads, without effect on what the network computes. Older files hold all of them in `text_config` and `vision_config`. `dropout` is
 * among them: CLIP has `attention_dropout` alone.
 */
export const foreignTransformersFields: ReadonlySet<string> = new Set([
  ...['architectures', 'model_type', 'transformers_version', 'torch_dtype', 'dtype', 'name_or_path'],
  ...['add_cross_attention', 'bad_words_ids', 'begin_suppress_tokens', 'bos_token_id'],
  ...[
    'chunk_size_feed_forward',
    'cross_attention_hidden_size',
    'decoder_start_token_id',
    'diversity_penalty',
  ],
  ...[
    'do_sample',
    'dropout',
    'early_stopping',
    'encoder_no_repeat_ngram_size',
    'exponential_decay_length_penalty',
  ],
  ...['finetuning_task', 'forced_bos_token_id', 'forced_eos_token_id', 'gradient_checkpointing', 'id2label'],
  ...['is_decoder', 'is_encoder_decoder', 'label2id', 'length_penalty', 'max_length', 'min_length'],
  ...['no_repeat_ngram_size', 'num_beam_groups', 'num_beams', 'num_return_sequences', 'output_attentions'],
  ...['output_hidden_states', 'output_scores', 'pad_token_id', 'prefix', 'problem_type', 'pruned_heads'],
  ...[
    'remove_invalid_values',
    'repetition_penalty',
    'return_dict',
    'return_dict_in_generate',
    'sep_token_id',
  ],
  ...['suppress_tokens', 'task_specific_params', 'temperature', 'tf_legacy_loss', 'tie_encoder_decoder'],
  ...['tie_word_embeddings', 'tokenizer_class', 'top_k', 'top_p', 'torchscript', 'transformers_weights'],
  ...['typical_p', 'use_bfloat16', 'use_cache'],
]);
