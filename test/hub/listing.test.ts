import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { listSnapshot, resolveSnapshot } from '../../src/hub/hub.js';

const snapshot = { repository: 'some/model', commit: '0'.repeat(40) };
const invalid = { code: 'HUB_LISTING_INVALID' };

let hub: Server;

afterEach(async () => {
  hub.closeAllConnections();
  await new Promise((resolve) => hub.close(resolve));
});

/** Where a hub is that answers every request so. */
async function start(answer: (response: ServerResponse, url: string, path: string) => void): Promise<string> {
  hub = createServer((request, response) => {
    answer(response, url, request.url ?? '');
  });
  await new Promise<void>((resolve) => hub.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(hub.address() as AddressInfo).port}`;
  return url;
}

/** A hub each of whose pages names a next one. */
const startEndless = (page: unknown): Promise<string> =>
  start((response, url) => {
    response.writeHead(200, { link: `<${url}/next>; rel="next"` }).end(JSON.stringify(page));
  });

it.each([
  ['folders', Array.from({ length: 2_000 }, (_, index) => ({ type: 'directory', path: String(index) }))],
  ['empty pages', []],
])('a listing of %s without end is ended', { timeout: 60_000 }, async (_, page) => {
  const url = await startEndless(page);
  await expect(listSnapshot(snapshot, { url })).rejects.toMatchObject(invalid);
});

it.each([[[null]], [['a']], [{}], [null], [3]])('a listing of %j is none', async (page) => {
  const url = await start((response) => response.end(JSON.stringify(page)));
  await expect(listSnapshot(snapshot, { url })).rejects.toMatchObject(invalid);
  await expect(resolveSnapshot(snapshot.repository, 'main', { url })).rejects.toMatchObject(invalid);
});

it('a listing that is cut off says nothing against the hub', async () => {
  const url = await start((response) => {
    response.writeHead(200, { 'content-length': 1000 });
    response.write('[{"type"', () => setTimeout(() => response.destroy(), 50));
  });
  await expect(listSnapshot(snapshot, { url })).rejects.toMatchObject({ code: 'HUB_UNREACHABLE' });
});
