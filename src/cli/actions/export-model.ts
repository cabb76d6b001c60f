import { resolve } from 'node:path';
import { countInt8Blocks } from '../../architecture/architecture.js';
import { hashArchitecture } from '../../architecture/canonical-form.js';
import { writeDiffusersFolder } from '../../export/diffusers-folder.js';
import type { ExportDtype, ExportedModel } from '../../export/exported-model.js';
import { writeOnnxFolder } from '../../export/onnx-folder.js';
import { replaceFolder, type ExportMark } from '../../export/replace-folder.js';
import { evolvedUNetClass } from '../../model/unet-config.js';
import { SnapEvoError } from '../../errors/snapevo-error.js';
import type { CliContext } from '../cli-context.js';
import { compareExported, type PictureError } from '../compose/compare-exported.js';
import { withExported } from '../compose/exported-target.js';

export interface ExportOptions {
  readonly out: string;
  readonly architecture: string;
  readonly format: ExportMark['format'];
  readonly dtype: ExportDtype;
  /** Pictures that tell how far int8 is from fp32. */
  readonly comparePictures: number;
  /** Of the weights that are read; undefined for those without one. */
  readonly variant?: string;
  readonly force: boolean;
  readonly results: string;
  readonly json: boolean;
}

/** Writes a pipeline with a UNet of some architecture as a folder that other tools, and SnapEvo, load. */
export async function exportModel(
  modelOrRun: string | undefined,
  options: ExportOptions,
  context: CliContext,
): Promise<void> {
  const { terminal, currentFolder, version: snapevoVersion } = context;
  const { out, format, dtype, force, json } = options;
  if (format === 'diffusers' && dtype === 'int8') throw unfitDtype();
  const chosen = {
    given: modelOrRun,
    resultsFolder: resolve(currentFolder, options.results),
    variant: options.variant,
  };
  const { name, runStatus, int8Blocks, mark, advice, int8 } = await withExported(
    chosen,
    options.architecture,
    context,
    async ({ name: from, runStatus: standing, model, note }) => {
      if (note !== undefined) terminal.note(note);
      const architecture = hashArchitecture(model.architecture);
      const int8Blocks = countInt8Blocks(model.architecture);
      const written = await replaceFolder(resolve(currentFolder, out), { force }, (folder) =>
        Promise.resolve({
          mark: { format, dtype, architecture, snapevoVersion },
          advice: writeAs(format, folder, out, model, dtype),
        }),
      );
      const { comparePictures } = options;
      const isCompared = dtype === 'int8' && comparePictures > 0;
      const int8 = isCompared
        ? await compareExported(resolve(currentFolder, out), model, comparePictures, context)
        : undefined;
      return { name: from, runStatus: standing, int8Blocks, ...written, int8 };
    },
  );
  if (json) {
    const pictures = int8 === undefined ? {} : { int8 };
    terminal.printJson({ model: name, runStatus, out, ...mark, int8Blocks, ...pictures });
    return;
  }
  terminal.print(`Wrote ${out}: ${name}, architecture ${mark.architecture.slice(0, 12)}. ${advice}`);
  if (int8Blocks > 0) terminal.print(describeInt8Blocks(int8Blocks, mark));
  if (int8 !== undefined) terminal.print(describeError(int8));
}

function unfitDtype(): SnapEvoError {
  return new SnapEvoError({
    code: 'EXPORT_DTYPE_UNFIT',
    message: 'expected fp32 or fp16 for diffusers, which reads no int8 weights; found int8',
    where: '--dtype',
    hint: 'Export int8 with --format onnx.',
  });
}

/** What has become of blocks that a search put on int8. */
function describeInt8Blocks(count: number, { format, dtype }: Pick<ExportMark, 'format' | 'dtype'>): string {
  const blocks = count === 1 ? '1 block of its architecture' : `${count} blocks of its architecture`;
  if (format === 'onnx')
    return `On weights of int8: ${blocks}${dtype === 'int8' ? ', as all others here' : ''}.`;
  return `Meant for weights of int8, and written as ${dtype}, which is what diffusers reads: ${blocks}.`;
}

function describeError({ pictures, steps, psnrDb, cosine }: PictureError): string {
  const likeness = psnrDb === undefined ? 'the same' : `PSNR ${psnrDb.toFixed(1)} dB`;
  return `Its pictures against those of fp32 (${pictures}, ${steps} steps): ${likeness}, cosine ${cosine.toFixed(4)}.`;
}

/** Writes the folder, and gives how to load it. */
function writeAs(
  format: ExportOptions['format'],
  folder: string,
  out: string,
  model: ExportedModel,
  dtype: ExportDtype,
): string {
  const name = JSON.stringify(out);
  if (format === 'onnx') {
    writeOnnxFolder(folder, model, { dtype });
    return `Load it with Optimum: ORTStableDiffusionPipeline.from_pretrained(${name}).`;
  }
  if (dtype === 'int8') throw unfitDtype();
  const { unetClass } = writeDiffusersFolder(folder, model, { dtype });
  const trust = unetClass === evolvedUNetClass ? ', trust_remote_code=True' : '';
  return `Load it with diffusers: StableDiffusionPipeline.from_pretrained(${name}${trust}).`;
}
