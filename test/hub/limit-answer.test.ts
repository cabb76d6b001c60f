import { expect, it } from 'vitest';
import { limitAnswer } from '../../src/hub/limit-answer.js';

function answerOf(megabytes: number): Response {
  let sent = 0;
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      if (sent === megabytes) controller.close();
      else controller.enqueue(new Uint8Array(2 ** 20).fill(32));
      sent += 1;
    },
  });
  return new Response(body, { status: 206, headers: { link: 'x' } });
}

it('passes an answer on as it is', async () => {
  const limited = limitAnswer(answerOf(3));
  expect([limited.status, limited.headers.get('link')]).toEqual([206, 'x']);
  expect(await limited.text()).toHaveLength(3 * 2 ** 20);
});

it('ends one that has no end', async () => {
  await expect(limitAnswer(answerOf(Infinity)).json()).rejects.toMatchObject({ code: 'HUB_LISTING_INVALID' });
});
