import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterAll, describe, expect, it } from 'vitest';
import { CaptionEmbeddings } from '../../src/evaluation/caption-embeddings.js';
import { RowModel } from '../../src/evaluation/row-model.js';
import * as op from '../../src/graph/ops.js';
import { openHost, tokenizer } from './golden-models.js';

describe('a model of rows', () => {
  const host = openHost();
  afterAll(() => host.close());

  it('takes any number of rows, whatever its batch', async () => {
    const row = { dtype: 'float32', shape: [2] } as const;
    const build = (g: Parameters<typeof op.square>[0], x: Parameters<typeof op.square>[1]) => op.square(g, x);
    const model = await RowModel.create(host, { name: 'squares', batch: 3, row, build });
    for (const count of [0, 1, 3, 4, 7]) {
      const rows = Array.from({ length: count }, (_, index) => Float32Array.of(index, -1));
      const squares = await model.run(rows);
      expect(squares.map((each) => [...each])).toEqual(rows.map(([first = 0]) => [first * first, 1]));
    }
    await model.release();
  });

  it.each([
    [1, 9, 3],
    [2, 7, 2],
    [8, 3, 1],
  ])(
    'sends by one message as many runs of %d rows as 4 MiB hold: %d rows',
    async (batch, count, messages) => {
      const row = { dtype: 'float32', shape: [2 ** 18] } as const;
      const build = (g: Parameters<typeof op.square>[0], x: Parameters<typeof op.square>[1]) =>
        op.reduceSum(g, x, [1]);
      const model = await RowModel.create(host, { name: 'sums', batch, row, build });
      let told = 0;
      const listen = (): void => {
        told += 1;
      };
      subscribe('snapevo:device-task', listen);
      const sums = await model.run(
        Array.from({ length: count }, (_, i) => new Float32Array(2 ** 18).fill(i, 0, 10)),
      );
      unsubscribe('snapevo:device-task', listen);
      expect(sums.map(([sum]) => sum)).toEqual(Array.from({ length: count }, (_, i) => 10 * i));
      expect(told).toBe(messages);
      await model.release();
    },
  );

  it('embeds each caption once', async () => {
    let encoded: string[] = [];
    const watched = {
      ...tokenizer,
      encode: (text: string) => {
        encoded.push(text);
        return tokenizer.encode(text);
      },
    };
    const texts = await CaptionEmbeddings.create(host, {
      ...{ name: 'ids', tokenizer: watched, vocabularySize: 60, batch: 2 },
      build: (g, ids) => op.cast(g, ids, 'float32'),
    });
    const [cat, dog, catAgain] = await texts.embed(['cat', 'dog', 'cat']);
    expect(catAgain).toEqual(cat);
    expect([...(dog ?? [])]).toEqual([...tokenizer.encode('dog')]);
    expect(encoded).toEqual(['cat', 'dog']);
    encoded = [];
    await texts.embed(['dog', 'sun']);
    expect(encoded).toEqual(['sun']);
    await texts.release();
  });

  it('says when tokenizer and model do not belong together', async () => {
    const creating = CaptionEmbeddings.create(host, {
      ...{ name: 'ids', tokenizer, vocabularySize: tokenizer.vocabSize - 1, batch: 2 },
      build: (g, ids) => op.cast(g, ids, 'float32'),
    });
    await expect(creating).rejects.toMatchObject({ code: 'TOKENIZER_MISMATCH' });
  });
});
