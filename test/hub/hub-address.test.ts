import { expect, it } from 'vitest';
import { resolveSnapshot } from '../../src/hub/hub.js';

it.each([
  ['foo', 'another text'],
  ['', 'another text'],
  ['localhost:8080', 'another text'],
  ['ftp://hub.example', 'another text'],
  ['http://127.0.0.1:1', 'a port that is never asked'],
])('says of %j as a hub what an address looks like', async (url, found) => {
  await expect(resolveSnapshot('some/model', 'main', { url })).rejects.toMatchObject({
    code: 'HUB_ADDRESS_INVALID',
    fault: 'user',
    message: `expected the address of a hub, found ${JSON.stringify(url)}: ${found}`,
    where: 'HF_ENDPOINT',
    hint: expect.stringContaining('https://huggingface.co') as string,
  });
});
