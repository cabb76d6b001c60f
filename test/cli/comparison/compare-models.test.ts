import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeBlock } from '../../../src/architecture/architecture.js';
import { compareModels, type Comparison } from '../../../src/cli/comparison/compare-models.js';
import { comparisonFiles } from '../../../src/cli/comparison/comparison-files.js';
import { reportComparison, type ComparisonReport } from '../../../src/cli/views/comparison-report.js';
import { modelLabel, type ComparedModel } from '../../../src/cli/comparison/compared-model.js';
import {
  tasksOn,
  type ComparisonConfig,
  type ComparisonHooks,
  type ComparisonParts,
} from '../../../src/cli/comparison/comparison-parts.js';
import { PRETRAINED } from '../../../src/cli/compose/open-pipeline.js';
import { writeDiffusersFolder } from '../../../src/export/diffusers-folder.js';
import { loadPipeline } from '../../../src/model/pipeline-folder.js';
import { comparison } from '../../../src/config/comparison-section.js';
import { searchConfigSchema } from '../../../src/config/search-config.js';
import { pictureSide } from '../../../src/evaluation/latent-extents.js';
import type { GuidancePoint } from '../../../src/report/guidance-series.js';
import type { Weights } from '../../../src/model/parameters.js';
import type { DeviceHost } from '../../../src/runtime/device-host.js';
import { MemoryStore } from '../../../src/store/memory-store.js';
import type { Store } from '../../../src/store/store.js';
import { models, openHost, original, pretrained } from '../../evaluation/golden-models.js';
import { goldenFolder } from '../../model/golden-folder.js';
import { writeTinyProject } from '../built-cli.js';

const [block] = original.blocks;
const smaller = removeBlock(original, block?.id ?? '');
const compared: readonly ComparedModel[] = [
  { name: 'original', steps: 3, models, unet: pretrained },
  { name: 'original', steps: 2, models, unet: pretrained },
  {
    ...{ name: 'student', steps: 2, unet: { architecture: smaller, weights: 'trained' } },
    models: { ...models, vae: { ...models.vae, config: { ...models.vae.config, scalingFactor: 0.5 } } },
    loadTrained: () => Promise.resolve({ weights: models.unet.weights }),
  },
];
const scales = [1, 3];

let folder: string;
let config: ComparisonConfig;
let host: DeviceHost;
/** A comparison that was not interrupted, and what was told of it. */
let whole: Comparison;
const told = listening();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'snapevo-comparison-'));
  await writeTinyProject(folder);
  cpSync(goldenFolder('clip'), join(folder, 'clip'), { recursive: true });
  cpSync(models.tokenizerFolder, join(folder, 'clip'), { recursive: true });
  writeFileSync(join(folder, 'clip/preprocessor_config.json'), '{"size": 14, "crop_size": 14}');
  writeFileSync(join(folder, 'captions.txt'), 'a dog\na cat\nthe moon\n');
  const search = searchConfigSchema.parse({
    pipeline: goldenFolder('pipeline'),
    results: join(folder, 'results'),
    search: { budget: { ms: 1 } },
    training: { pictures: { folder: join(folder, 'pictures') } },
    evaluation: {
      scorer: join(folder, 'clip'),
      captions: join(folder, 'captions.txt'),
      ...{ steps: 2, batch: 2 },
    },
    latency: { endToEnd: { timeLimitMs: 1, minSamples: 3 } },
  });
  config = {
    ...search,
    comparison: comparison.parse({ captionCount: 3, guidanceScales: scales, sheetPrompts: 2 }),
  };
  host = openHost();
  whole = await compareModels(setUp(), compared, told.hooks);
});

afterAll(async () => {
  await host.close();
  rmSync(folder, { recursive: true });
});

function setUp(): ComparisonParts & { readonly store: Store } {
  const store = new MemoryStore({ nowMs: () => 0, drawSuffix: () => 1 });
  const { id: runId } = store.createRun({
    ...{ kind: 'search', name: 'test', snapevoVersion: '1.2.3', deviceFingerprint: 'x', inputs: {} },
    config: {},
  });
  store.lockRun(runId);
  return { host, config, store, runId };
}

function withoutSheet(): ComparisonConfig {
  return { ...config, comparison: { ...config.comparison, sheetPrompts: 0 } };
}

/** Hooks that write down what they are told. */
function listening(changes: Partial<ComparisonHooks> = {}): {
  readonly hooks: ComparisonHooks;
  readonly points: GuidancePoint[];
  readonly measured: string[];
  readonly tasks: Map<string, number[]>;
} {
  const points: GuidancePoint[] = [];
  const measured: string[] = [];
  const tasks = new Map<string, number[]>();
  const hooks: ComparisonHooks = {
    signal: new AbortController().signal,
    onTask: (label, done, total) => {
      tasks.set(label, [...(tasks.get(label) ?? []), done / total]);
    },
    onMeasured: ({ subject }) => void measured.push(subject),
    onPoint: (point) => void points.push(point),
    onSubstitute: () => undefined,
    ...changes,
  };
  return { hooks, points, measured, tasks };
}

describe('a comparison of models', () => {
  it('has what pictures cost, part by part and as a whole', () => {
    const { costs } = whole;
    expect(costs.map(({ model, unet, textEncoder }) => [model, unet.runs, textEncoder.runs])).toEqual([
      ['original, 3 steps', 3, 2],
      ['original, 2 steps', 2, 2],
      ['student, 2 steps', 2, 2],
    ]);
    const [slow, fast, student] = costs;
    expect(fast?.unet.ms).toEqual(slow?.unet.ms);
    expect(student?.decoder.ms).not.toEqual(slow?.decoder.ms);
    for (const { textEncoder, unet, decoder, sumMs, picture } of costs) {
      const sum = 2 * textEncoder.ms.value + unet.runs * unet.ms.value + decoder.ms.value;
      expect(sumMs.value).toBeCloseTo(sum, 9);
      expect(picture.ms.value).toBeGreaterThan(0);
    }
  });

  it('counts the parameters of what makes pictures', () => {
    const [first, , student] = whole.costs;
    const elementsOf = (weights: Weights, isOwn = (_name: string): boolean => true): number =>
      [...weights].reduce((sum, [name, { length }]) => (isOwn(name) ? sum + length : sum), 0);
    expect(first?.textEncoder.parameters).toBe(elementsOf(models.textEncoder.weights));
    expect(first?.unet.parameters).toBe(elementsOf(models.unet.weights));
    const isOfDecoder = (name: string): boolean => /^(decoder|post_quant_conv)\./.test(name);
    expect(first?.decoder.parameters).toBe(elementsOf(models.vae.weights, isOfDecoder));
    const isOfBlock = (name: string): boolean => name.startsWith(`${block?.id ?? ''}.`);
    expect(student?.unet.parameters).toBe(
      elementsOf(models.unet.weights) - elementsOf(models.unet.weights, isOfBlock),
    );
  });

  it('has a point of each model at each guidance scale, with the change against the first model', () => {
    const { points } = whole;
    const labels = compared.map(modelLabel);
    expect(points.map(({ guidanceScale, model }) => [guidanceScale, model])).toEqual(
      scales.flatMap((scale) => labels.map((label) => [scale, label])),
    );
    expect(told.points).toEqual(points);
    for (const { model, guidanceScale, clipScore, clipChange, cmmd } of points) {
      const first = points.find((each) => each.guidanceScale === guidanceScale);
      const change = clipScore.value - (first?.clipScore.value ?? 0);
      expect(clipChange === null).toBe(model === labels[0]);
      expect(clipChange?.value ?? change).toBeCloseTo(change, 9);
      expect(clipScore.low).toBeLessThanOrEqual(clipScore.value);
      expect(cmmd).toBeGreaterThan(0);
    }
    expect(new Set(points.map(({ clipScore }) => clipScore.value)).size).toBe(points.length);
  });

  it('has a sheet of a row a prompt and a column a model', async () => {
    const { width, height } = await sharp(whole.sheet ?? new Uint8Array()).metadata();
    const shown = 4 * pictureSide(models);
    expect(width).toBeGreaterThan(3 * shown);
    expect(width).toBeLessThan(4 * shown);
    expect(height).toBeGreaterThan(2 * shown);
    expect(height).toBeLessThan(4 * shown);
  });

  it('is written as files', async () => {
    const files = comparisonFiles(whole, { notes: ['a run'], captionCount: 3 });
    const names = ['comparison.json', 'guidance.png', 'guidance.svg', 'guidance.csv', 'guidance.json'];
    expect([...files.keys()]).toEqual([...names, 'contact-sheet.png']);
    const read = JSON.parse(new TextDecoder().decode(files.get('comparison.json'))) as ComparisonReport;
    expect(read).toEqual(reportComparison(whole));
    expect((await sharp(files.get('guidance.png')).metadata()).format).toBe('png');
    expect(files.get('contact-sheet.png')).toEqual(whole.sheet);
    expect(comparisonFiles({ ...whole, sheet: null }, { notes: [], captionCount: 3 }).size).toBe(5);
  });

  it('tells how far each task is', () => {
    for (const shares of told.tasks.values()) {
      expect(shares).toEqual(shares.toSorted((one, other) => one - other));
      expect(shares.at(-1)).toBeLessThanOrEqual(1);
    }
    expect(told.tasks.get('CLIP and CMMD by guidance scale')?.at(-1)).toBe(1);
  });

  it('goes on where it was interrupted, and comes out as if it had not been', async () => {
    const parts = { ...setUp(), config: withoutSheet() };
    const stop = new AbortController();
    let left = 2;
    const first = listening({
      signal: stop.signal,
      onPoint: () => {
        left -= 1;
        if (left === 0) stop.abort(new Error('enough'));
      },
    });
    await expect(compareModels(parts, compared, first.hooks)).rejects.toThrow('enough');
    const second = listening();
    const { points } = await compareModels(parts, compared, second.hooks);
    expect(second.measured).toEqual([]);
    expect(second.points).toHaveLength(scales.length * compared.length - 2);
    expect(points).toEqual(whole.points);
    const third = listening();
    await compareModels(parts, compared, third.hooks);
    expect(third.points).toEqual([]);
  });

  it('ends between measurements when it is to end, and keeps those that are done', async () => {
    const parts = setUp();
    const stop = new AbortController();
    const measured: string[] = [];
    const first = listening({
      signal: stop.signal,
      onMeasured: ({ subject }) => {
        measured.push(subject);
        stop.abort(new Error('enough'));
      },
    });
    await expect(compareModels(parts, compared, first.hooks)).rejects.toThrow('enough');
    expect(measured).toHaveLength(1);
    const stored = parts.store.readRunLatencies(parts.runId).map(({ subject }) => subject);
    expect(stored).toEqual(measured);
  });

  it('takes a model that was exported', async () => {
    const [first, , student] = compared;
    if (first === undefined || student === undefined) throw new Error('expected three models');
    const exported = join(folder, 'student');
    const { weights } = models.unet;
    writeDiffusersFolder(exported, { pipeline: models, architecture: smaller, weights }, { dtype: 'fp32' });
    const read = { ...loadPipeline(exported), vae: student.models.vae };
    const unet = { architecture: read.architecture, weights: PRETRAINED };
    const one = { ...withoutSheet().comparison, guidanceScales: [3] };
    const { costs, points } = await compareModels(
      { ...setUp(), config: { ...config, comparison: one } },
      [first, { name: 'student', steps: 2, models: read, unet }],
      listening().hooks,
    );
    expect(costs[1]?.unet.parameters).toBe(whole.costs[2]?.unet.parameters);
    const expected = whole.points.find(
      ({ model, guidanceScale }) => model === modelLabel(student) && guidanceScale === 3,
    );
    expect(points[1]?.clipScore.value).toBeCloseTo(expected?.clipScore.value ?? Number.NaN, 5);
    expect(points[1]?.cmmd).toBeCloseTo(expected?.cmmd ?? Number.NaN, 3);
  });

  it('leaves the sheet out where no prompt is asked for', async () => {
    const parts = { ...setUp(), config: withoutSheet() };
    const { sheet, points } = await compareModels(parts, compared.slice(0, 1), listening().hooks);
    expect(sheet).toBeNull();
    expect(points.every(({ clipChange }) => clipChange === null)).toBe(true);
  });

  it.each([
    ['none', [], /found none/],
    ['two of one name and steps', [compared[0], compared[0]], /different names or steps/],
    [
      'one of another size',
      [
        compared[0],
        {
          ...compared[1],
          models: {
            ...models,
            unet: { ...models.unet, config: { ...models.unet.config, sampleSize: [4, 4] } },
          },
        },
      ],
      /pixels of/,
    ],
  ] as const)('refuses models that don’t compare: %s', async (_, given, message) => {
    const refused = compareModels(setUp(), given as readonly ComparedModel[], listening().hooks);
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toThrow(TypeError);
  });
});

describe('tasks on a terminal’s progress', () => {
  it('start anew with each label', () => {
    const calls: unknown[] = [];
    const onTask = tasksOn({
      start: (label, total, done) => calls.push(['start', label, total, done]),
      update: (done) => calls.push(['update', done]),
    });
    onTask('one', 2, 9);
    onTask('one', 3, 9);
    onTask('two', 0, 4);
    expect(calls).toEqual([
      ['start', 'one', 9, 2],
      ['update', 3],
      ['start', 'two', 4, 0],
    ]);
  });
});
