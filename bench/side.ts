import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';

/** How to start a side of the comparison. */
export interface SideCommand {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** One unit of work, as the process that did it measured it. */
export interface Unit {
  /** Wall time of all steps together. */
  readonly ms: number;
  /** CPU time of all of the process's threads meanwhile. */
  readonly cpuMs: number;
  /** What came out, a number or more: the same on all sides. */
  readonly results: readonly number[];
}

/** What a process says of itself. */
export interface SideFacts {
  readonly versions: Readonly<Record<string, string>>;
  readonly peakMemoryMb: number;
  /** Of it, what no other process could share: all but the pages of files. Where the system tells. */
  readonly privateMemoryMb?: number;
  /** Of each step of a side that runs sessions: milliseconds in all, of them opening files, and after that in runs and loading sessions. */
  readonly shares?: readonly {
    readonly ms: number;
    readonly openingMs: number;
    readonly runningMs: number;
    readonly loadingMs: number;
  }[];
}

/**
 * A process that lives as long as the benchmark and works only when told to: a JSON object a line on its standard input, and one back.
 * Nothing is timed across the pipe.
 */
export class Side {
  readonly name: string;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  readonly #reader: Interface;

  constructor({ name, command, args, environment = {} }: SideCommand) {
    this.name = name;
    this.#child = spawn(command, [...args], { env: { ...process.env, ...environment } });
    this.#child.stderr.pipe(process.stderr);
    this.#child.on('error', (error) => {
      this.#child.stdout.destroy(error);
    });
    this.#reader = createInterface({ input: this.#child.stdout });
    this.#lines = this.#reader[Symbol.asyncIterator]();
  }

  /** Makes what is to be run, in place of what there was. */
  async prepare(settings: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#ask({ do: 'prepare', settings });
  }

  async steps(count: number): Promise<Unit> {
    return (await this.#ask({ do: 'steps', count })) as Unit;
  }

  async facts(): Promise<SideFacts> {
    return (await this.#ask({ do: 'facts' })) as SideFacts;
  }

  async end(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.stdin.end();
    await ended;
    this.#reader.close();
  }

  async #ask(request: Readonly<Record<string, unknown>>): Promise<unknown> {
    this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    const line = await this.#lines.next();
    if (line.done === true) throw new Error(`${this.name} ended before it answered; what it said is above`);
    const answer = JSON.parse(line.value) as { readonly error?: string };
    if (answer.error !== undefined) throw new Error(`${this.name}: ${answer.error}`);
    return answer;
  }
}
