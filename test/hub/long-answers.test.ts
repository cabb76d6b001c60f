import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { afterEach, expect, it } from 'vitest';
import { listSnapshot, openFile, resolveSnapshot, type HubAccess } from '../../src/hub/hub.js';
import type { RepositoryFile } from '../../src/hub/repository-file.js';

const snapshot = { repository: 'some/model', commit: '0'.repeat(40) };
const megabytes = 40;
const file: RepositoryFile = {
  path: 'model.safetensors',
  size: megabytes * 2 ** 20,
  hash: { algorithm: 'sha256', value: '0'.repeat(64) },
};

let hub: Server;

afterEach(async () => {
  hub.closeAllConnections();
  await new Promise((resolve) => hub.close(resolve));
});

/** A hub that answers every request so. */
async function start(
  answer: (response: ServerResponse, url: string, path: string) => void,
): Promise<HubAccess> {
  hub = createServer((request, response) => {
    answer(response, url, request.url ?? '');
  });
  await new Promise<void>((resolve) => hub.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(hub.address() as AddressInfo).port}`;
  return { url };
}

/** 40 MB of blanks. */
function sendMuch(response: ServerResponse): void {
  const blanks = Buffer.alloc(2 ** 20, ' ');
  Readable.from(Array.from({ length: megabytes }, () => blanks)).pipe(response);
}

async function bytesOf(access: HubAccess, path = file.path): Promise<number> {
  let count = 0;
  for await (const chunk of await openFile(snapshot, { ...file, path }, 0, access)) count += chunk.length;
  return count;
}

const tooLong = /at most 16777216 bytes/;

it.each([
  ['resolving', (access: HubAccess) => resolveSnapshot('some/model', 'main', access)],
  ['listing', (access: HubAccess) => listSnapshot(snapshot, access)],
  ['a file', (access: HubAccess) => bytesOf(access)],
])('ends a long error on %s', async (_, ask) => {
  const access = await start((response) => {
    sendMuch(response.writeHead(403));
  });
  await expect(ask(access)).rejects.toThrow(tooLong);
});

it('ends a long listing that lies at another address', async () => {
  const access = await start((response, url, path) => {
    if (path === '/elsewhere') sendMuch(response);
    else response.writeHead(307, { location: `${url}/elsewhere` }).end();
  });
  await expect(listSnapshot(snapshot, access)).rejects.toThrow(tooLong);
});

it('ends a long page whose address the page before gave', async () => {
  const access = await start((response, url, path) => {
    if (path === '/next') sendMuch(response);
    else response.writeHead(200, { link: `<${url}/next>; rel="next"` }).end('[]');
  });
  await expect(listSnapshot(snapshot, access)).rejects.toThrow(tooLong);
});

it.each(['auth', 'v1/reconstructions/x'])('ends a long answer of Xet at %s', async (long) => {
  const access = await start((response, url, path) => {
    if (path.replace('v2', 'v1') === `/${long}`) sendMuch(response);
    else if (path === '/auth') {
      response.end(JSON.stringify({ accessToken: 'x', exp: 2 ** 32, casUrl: url }));
    } else response.writeHead(200, xetHeaders(url)).end();
  });
  await expect(bytesOf(access)).rejects.toThrow(tooLong);
});

const xetHeaders = (url: string): Record<string, string> => ({
  'content-type': 'application/vnd.xet-fileinfo+json',
  'x-linked-size': String(file.size),
  'x-xet-hash': 'x',
  etag: '"x"',
  link: `<${url}/auth>; rel="xet-auth", <${url}/v1/reconstructions/x>; rel="xet-reconstruction-info"`,
});

it('ends no file, even one that is named as the interface is', async () => {
  const access = await start((response, url, path) => {
    const isMoved = path.startsWith('/elsewhere');
    const range = { etag: '"x"', 'content-range': `bytes 0-${file.size - 1}/${file.size}` };
    if (isMoved) sendMuch(response.writeHead(206, range));
    else response.writeHead(307, { location: `${url}/elsewhere/api/models/x` }).end();
  });
  expect(await bytesOf(access, 'api/models/model.safetensors')).toBe(file.size);
});
