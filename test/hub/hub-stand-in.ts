import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const COMMIT = '0123456789abcdef0123456789abcdef01234567';

/** What a stand-in does wrong. */
export interface Faults {
  /** Bytes after which a connection is cut that has more to send, once for each number. */
  cuts?: number[];
  /** Path of a file whose bytes are not those that are listed. */
  damaged?: string;
  /** Path of a file of which more bytes are sent than are listed. */
  overlong?: string;
  /** A file listed besides, under any name. */
  extraName?: string;
  /** Asked of every request. */
  token?: string;
}

/** Of the hub's protocol what loading a model takes: revisions, listings, and files with ranges. */
export class HubStandIn {
  readonly commit = COMMIT;
  readonly requests: string[] = [];
  /** Bytes of files handed out. */
  sentBytes = 0;
  readonly faults: Faults;
  readonly #files: ReadonlyMap<string, Buffer>;
  readonly #server: Server;

  private constructor(files: Readonly<Record<string, Buffer>>, faults: Faults) {
    this.#files = new Map(Object.entries(files));
    this.faults = faults;
    this.#server = createServer((request, response) => {
      this.#answer(request, response);
    });
  }

  static async start(files: Readonly<Record<string, Buffer>>, faults: Faults = {}): Promise<HubStandIn> {
    const hub = new HubStandIn(files, faults);
    await new Promise<void>((resolve) => hub.#server.listen(0, '127.0.0.1', resolve));
    return hub;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = decodeURIComponent(new URL(request.url ?? '', this.url).pathname);
    this.requests.push(path);
    if (this.faults.token !== undefined && request.headers.authorization !== `Bearer ${this.faults.token}`) {
      response.writeHead(401).end();
    } else if (path === '/api/models/some/model/revision/main') {
      json(response, { _id: 'x', id: 'some/model', sha: COMMIT, private: false, gated: false });
    } else if (path === `/api/models/some/model/tree/${COMMIT}`) {
      json(response, this.#listing());
    } else if (path.startsWith(`/some/model/resolve/${COMMIT}/`)) {
      this.#sendFile(path.slice(`/some/model/resolve/${COMMIT}/`.length), request, response);
    } else {
      response.writeHead(404, { 'x-error-code': 'RepoNotFound' }).end();
    }
  }

  #listing(): object[] {
    const extra = this.faults.extraName;
    return [
      { type: 'directory', path: 'unet', size: 0, oid: 'f'.repeat(40) },
      ...[...this.#files].map(([path, bytes]) => listed(path, bytes)),
      ...(extra === undefined ? [] : [listed(extra, Buffer.from('{}'))]),
    ];
  }

  #sendFile(path: string, { headers }: IncomingMessage, response: ServerResponse): void {
    const listedBytes = this.#files.get(path);
    if (listedBytes === undefined) {
      response.writeHead(404, { 'x-error-code': 'EntryNotFound' }).end();
      return;
    }
    const bytes = this.#sentOf(path, listedBytes);
    const { from, to } = rangeOf(headers.range, bytes.length);
    response.writeHead(headers.range === undefined ? 200 : 206, {
      etag: '"x"',
      'content-length': to - from,
      'content-range': `bytes ${from}-${to - 1}/${bytes.length}`,
    });
    this.#send(bytes.subarray(from, to), response);
  }

  #sentOf(path: string, listedBytes: Buffer): Buffer {
    if (this.faults.damaged === path) return Buffer.alloc(listedBytes.length);
    return this.faults.overlong === path
      ? Buffer.concat([listedBytes, Buffer.alloc(4_000_000)])
      : listedBytes;
  }

  #send(part: Buffer, response: ServerResponse): void {
    const { cuts = [] } = this.faults;
    const cut = part.length > (cuts[0] ?? part.length) ? cuts.shift() : undefined;
    this.sentBytes += cut ?? part.length;
    if (cut === undefined) response.end(part);
    else response.write(part.subarray(0, cut), () => setTimeout(() => response.destroy(), 50));
  }
}

function rangeOf(header: string | undefined, size: number): { from: number; to: number } {
  const [, from = '0', last = ''] = /^bytes=(\d+)-(\d*)$/.exec(header ?? '') ?? [];
  return { from: Number(from), to: last === '' ? size : Math.min(size, Number(last) + 1) };
}

/** Files of 1,000 bytes and more are large, as the hub has them: known by SHA-256. */
function listed(path: string, bytes: Buffer): object {
  const oid = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
  const common = { type: 'file', path, size: bytes.length, oid };
  if (bytes.length < 1000) return common;
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { ...common, lfs: { oid: sha256, size: bytes.length, pointerSize: 130 } };
}

function json(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}
