import { EventEmitter } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/config/config-error.js';
import { SnapEvoError } from '../../src/errors/snapevo-error.js';
import { BarProgress } from '../../src/cli/terminal/bar-progress.js';
import { formatDuration, formatTime } from '../../src/cli/terminal/duration.js';
import { describeError, exitStatusOf, formatError } from '../../src/cli/terminal/error-report.js';
import { listenForInterruption, type Interruption } from '../../src/cli/terminal/interruption.js';
import { LineProgress } from '../../src/cli/terminal/line-progress.js';
import { createStyles, wantsColour } from '../../src/cli/terminal/styles.js';
import { formatTable } from '../../src/cli/terminal/table.js';
import { createTerminal } from '../../src/cli/terminal/terminal.js';
import { RecordedStream } from './recorded-cli.js';

const plain = createStyles(false);

describe('formatTable', () => {
  it('aligns columns and leaves no blanks at the ends of lines', () => {
    const columns = [
      { heading: 'name', cell: (row: [string, number]) => row[0] },
      { heading: 'ms', cell: (row: [string, number]) => String(row[1]), align: 'right' as const },
      { heading: 'why', cell: () => '' },
    ];
    const rows: [string, number][] = [
      ['long name', 5],
      ['x', 1234],
    ];
    expect(formatTable(columns, rows)).toBe('name         ms  why\nlong name     5\nx          1234');
  });
});

describe('formatDuration', () => {
  it.each([
    [0, 'under 1 s'],
    [999, 'under 1 s'],
    [7000, '7 s'],
    [60_000, '1 min'],
    [250_900, '4 min 10 s'],
    [3_600_000 * 51, '2 d 3 h'],
  ])('%i ms is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it('never shows a smaller unit as large as the next', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1000, max: 10 ** 9 }), (ms) => {
        const minutesOrSeconds = /(\d+) (?:min|s)$/.exec(formatDuration(ms))?.[1] ?? '0';
        expect(Number(minutesOrSeconds)).toBeLessThan(60);
      }),
    );
  });

  it('writes times in UTC', () => {
    expect(formatTime(Date.UTC(2026, 10, 23, 4, 25, 59))).toBe('2026-11-23 04:25 UTC');
  });
});

describe('wantsColour', () => {
  it('follows NO_COLOR, then FORCE_COLOR, then the stream', () => {
    expect(wantsColour({}, true)).toBe(true);
    expect(wantsColour({}, false)).toBe(false);
    expect(wantsColour({ NO_COLOR: '1', FORCE_COLOR: '1' }, true)).toBe(false);
    expect(wantsColour({ NO_COLOR: '' }, true)).toBe(true);
    expect(wantsColour({ FORCE_COLOR: '1' }, false)).toBe(true);
    expect(wantsColour({ TERM: 'dumb' }, true)).toBe(false);
  });

  it('marks text up, or leaves it alone', () => {
    expect(createStyles(true).red('x')).toBe('\u001B[31mx\u001B[39m');
    expect(plain.red('x')).toBe('x');
  });
});

describe('LineProgress', () => {
  it('writes first, last, and not too often in between, with the time left', () => {
    const lines: string[] = [];
    let nowMs = 0;
    const progress = new LineProgress(
      (line) => lines.push(line),
      () => nowMs,
    );
    progress.start('training', 100, 20);
    for (let done = 21; done <= 100; done++) {
      nowMs += 500;
      progress.update(done, 'loss 0.5');
    }
    expect(lines).toEqual([
      'training: 20/100',
      'training: 40/100, loss 0.5, 30 s left',
      'training: 60/100, loss 0.5, 20 s left',
      'training: 80/100, loss 0.5, 10 s left',
      'training: 100/100, loss 0.5',
    ]);
  });

  it('says nothing once stopped', () => {
    const lines: string[] = [];
    const progress = new LineProgress(
      (line) => lines.push(line),
      () => 0,
    );
    progress.start('a', 1);
    progress.stop();
    progress.update(1);
    expect(lines).toEqual(['a: 0/1']);
  });
});

describe('BarProgress', () => {
  it('shows a bar with label, figures and time left, and clears it away', () => {
    const stream = new RecordedStream(true);
    let nowMs = 0;
    const progress = new BarProgress(stream, () => nowMs);
    progress.start('training', 10);
    nowMs = 5000;
    progress.update(5, 'loss 0.5');
    progress.stop();
    expect(stream.text).toContain('training');
    expect(stream.text).toContain('5/10  loss 0.5  5 s left');
  });

  it('makes way for notes and comes back', () => {
    const stream = new RecordedStream(true);
    const progress = new BarProgress(stream, () => 0);
    progress.start('training', 10);
    progress.around(() => stream.write('a note\n'));
    progress.stop();
    expect(stream.text.split('a note\n')[1]).toContain('0/10');
  });
});

describe('createTerminal', () => {
  it('keeps results and notes apart', () => {
    const [output, notes] = [new RecordedStream(), new RecordedStream()];
    const terminal = createTerminal({ output, notes, environment: {}, elapsedMs: () => 0 });
    terminal.print('result');
    terminal.printJson({ a: 1 });
    terminal.note('note');
    expect([output.text, notes.text]).toEqual(['result\n{"a":1}\n', 'note\n']);
  });
});

describe('errors', () => {
  const users = new SnapEvoError({
    code: 'X',
    message: 'expected a, found b',
    where: 'file:1',
    hint: 'Do c.',
  });

  it('say what, where and what to do, for people and for programs', () => {
    expect(formatError(users, plain)).toBe('error X: expected a, found b\n  where: file:1\n  hint: Do c.');
    expect(describeError(users)).toEqual({
      code: 'X',
      message: 'expected a, found b',
      where: 'file:1',
      hint: 'Do c.',
    });
  });

  it('show what a terminal would obey as what it is', () => {
    const hostile = new SnapEvoError({
      code: 'X',
      message: 'a\u001b[2J\nb\r',
      where: '\u009b1m',
      hint: '\u0007',
    });
    expect(formatError(hostile, plain)).toBe('error X: a\\x1b[2J\nb\\x0d\n  where: \\x9b1m\n  hint: \\x07');
  });

  it('of a config carry every problem', () => {
    const problem = {
      code: 'CONFIG_VALUE',
      path: 'a.b',
      where: 'f.yaml:1:2',
      message: 'expected c, found d',
    } as const;
    const error = new ConfigError('f.yaml', [problem]);
    expect(describeError(error).problems).toEqual([problem]);
    expect(formatError(error, plain)).toMatch(
      /^error CONFIG_INVALID: f\.yaml:1:2: a\.b: expected c, found d\n {2}hint:/,
    );
  });

  it('are told apart by whose fault they are', () => {
    expect(exitStatusOf(users)).toBe(2);
    expect(exitStatusOf(new SnapEvoError({ code: 'X', message: '', fault: 'internal' }))).toBe(1);
    expect(exitStatusOf(new TypeError('oops'))).toBe(1);
    expect(formatError(new TypeError('oops'), plain)).toMatch(
      /error INTERNAL: oops[\s\S]*fault in SnapEvo[\s\S]*at /,
    );
  });

  it('of files that the system refuses say what to do, where that is known', () => {
    const refusal = (code: string): Error =>
      Object.assign(new Error(`${code}: no, write`), { code, syscall: 'write', path: 'a/b' });
    expect(describeError(refusal('ENOSPC'))).toEqual({
      code: 'FILE_REFUSED',
      message: 'ENOSPC: no, write',
      where: 'a/b',
      hint: 'The disk is full: make room, and try again.',
    });
    expect(exitStatusOf(refusal('ENOSPC'))).toBe(2);
    expect(describeError(refusal('EBADF'))).toEqual({ code: 'INTERNAL', message: 'EBADF: no, write' });
    expect(exitStatusOf(refusal('EBADF'))).toBe(1);
  });
});

describe('listenForInterruption', () => {
  class FakeProcess extends EventEmitter {
    readonly pid = 4711;
    readonly kills: unknown[] = [];
    kill(pid: number, signal: string): void {
      this.kills.push([pid, signal, this.listenerCount(signal)]);
    }
  }

  it('aborts at the first signal and lets the second one kill', () => {
    const source = new FakeProcess();
    let heard = 0;
    const { signal } = listenForInterruption(source, () => (heard += 1));
    expect(signal.aborted).toBe(false);
    source.emit('SIGINT');
    expect([signal.aborted, heard, source.kills]).toEqual([true, 1, []]);
    expect((signal.reason as Interruption).exitStatus).toBe(130);
    source.emit('SIGTERM');
    expect([heard, source.kills]).toEqual([1, [[4711, 'SIGTERM', 0]]]);
  });

  it('leaves the process alone afterwards', () => {
    const source = new FakeProcess();
    listenForInterruption(source, () => undefined).stopListening();
    expect(source.emit('SIGINT')).toBe(false);
  });
});
