import { resolve } from 'node:path';
import { hashArchitecture } from '../../architecture/canonical-form.js';
import { writeDiffusersFolder } from '../../export/diffusers-folder.js';
import type { ExportDtype } from '../../export/exported-model.js';
import { replaceFolder, type ExportMark } from '../../export/replace-folder.js';
import type { CliContext } from '../cli-context.js';
import { openExported } from '../compose/exported-target.js';

export interface ExportOptions {
  readonly out: string;
  readonly architecture: string;
  readonly format: ExportMark['format'];
  readonly dtype: ExportDtype;
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
  const results = resolve(currentFolder, options.results);
  const { name, model, note } = await openExported(modelOrRun, options.architecture, results, context);
  if (note !== undefined) terminal.note(note);
  const architecture = hashArchitecture(model.architecture);
  const mark = { format, dtype, architecture, snapevoVersion };
  const { advice, ...written } = await replaceFolder(resolve(currentFolder, out), { force }, (folder) => {
    const { unetClass } = writeDiffusersFolder(folder, model, { dtype });
    const advice = `Load it with StableDiffusionPipeline.from_pretrained(${JSON.stringify(out)}${unetClass === 'UNet2DConditionModel' ? '' : ', trust_remote_code=True'}).`;
    return Promise.resolve({ mark, unetClass, advice });
  });
  if (json) terminal.printJson({ model: name, out, ...written.mark, unetClass: written.unetClass });
  else terminal.print(`Wrote ${out}: ${name}, architecture ${architecture.slice(0, 12)}. ${advice}`);
}
