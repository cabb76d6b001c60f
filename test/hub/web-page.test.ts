import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { listSnapshot, openFile, resolveSnapshot, type HubAccess } from '../../src/hub/hub.js';
import type { RepositoryFile } from '../../src/hub/repository-file.js';

const snapshot = { repository: 'some/model', commit: '0'.repeat(40) };
const hash = { algorithm: 'sha256', value: '0'.repeat(64) } as const;
const file: RepositoryFile = { path: 'model.safetensors', size: 10, hash };
const asked = [
  ['resolving', (access: HubAccess) => resolveSnapshot('some/model', 'main', access)],
  ['listing', (access: HubAccess) => listSnapshot(snapshot, access)],
  ['a file', (access: HubAccess) => openFile(snapshot, file, 0, access)],
] as const;

let server: Server;

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** What answers every request with a page, in a hub's place. */
async function start(
  status: number,
  page: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<HubAccess> {
  server = createServer((_, response) => {
    response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', ...headers }).end(page);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const signIn =
  '<!doctype html><html><head><title>\n Sign in\nto Wi-Fi</title></head><body><p>Hello</p></body></html>';

it.each(asked)('says that a page came instead of an answer on %s', async (_, ask) => {
  const access = await start(200, signIn);
  await expect(ask(access)).rejects.toMatchObject({
    code: 'HUB_WEB_PAGE',
    fault: 'user',
    message:
      'expected an answer of the hub\'s, found a web page (status 200, "text/html; charset=utf-8"): "Sign in to Wi-Fi"',
    where: access.url,
    hint: expect.stringMatching(/proxy.*sign-in.*HF_ENDPOINT/) as string,
  });
});

it.each(['text/plain', ''])('knows a page that is said to be %j', async (type) => {
  const access = await start(200, signIn, { 'content-type': type });
  const ask = [
    () => resolveSnapshot('some/model', 'main', access),
    () => listSnapshot(snapshot, access),
  ] as const;
  for (const asking of ask) {
    await expect(asking()).rejects.toMatchObject({
      code: 'HUB_WEB_PAGE',
      message: expect.stringContaining('"Sign in to Wi-Fi"') as string,
    });
  }
});

it.each([403, 404, 511])('blames no token and no name for a page with status %i', async (status) => {
  const access = await start(status, '<p>Blocked\u001b[2J by <b>policy</b></p>');
  await expect(listSnapshot(snapshot, access)).rejects.toMatchObject({
    code: 'HUB_WEB_PAGE',
    message: expect.stringMatching(
      new RegExp(`status ${status}.*"Blocked\\\\u001b\\[2J by policy"$`),
    ) as string,
  });
});

it('takes a page of an overloaded server for one that may pass, and tells of it', async () => {
  const access = await start(502, '<html><h1>502 Bad Gateway</h1></html>');
  await expect(listSnapshot(snapshot, access)).rejects.toMatchObject({
    code: 'HUB_UNREACHABLE',
    message: expect.stringContaining('"502 Bad Gateway"') as string,
  });
});

it('reads no more of a page than its first words', async () => {
  const access = await start(200, `<p>${'<'.repeat(30)}${'word '.repeat(10_000_000)}</p>`);
  const error: unknown = await listSnapshot(snapshot, access).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'HUB_WEB_PAGE' });
  expect((error as Error).message.length).toBeLessThan(300);
});

it('leaves errors of the hub that come with a code what they are', async () => {
  const access = await start(404, 'Entry not found', { 'x-error-code': 'EntryNotFound' });
  await expect(listSnapshot(snapshot, access)).rejects.toMatchObject({ code: 'HUB_NOT_FOUND' });
});
