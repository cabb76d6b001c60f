import type { Architecture } from '../../architecture/architecture.js';
import { hashArchitecture, parseArchitecture } from '../../architecture/canonical-form.js';
import { SnapEvoError } from '../../errors/snapevo-error.js';
import type { ExportedModel } from '../../export/exported-model.js';
import type { ArchitectureRecord } from '../../store/search-records.js';
import type { CliContext } from '../cli-context.js';
import { withTarget, type ModelTarget, type TargetChoice } from './model-target.js';
import { readStore } from './open-store.js';

/** What is to be exported, and what its user has to know. */
export interface ExportedTarget extends Pick<ModelTarget, 'name' | 'runStatus'> {
  readonly model: ExportedModel;
  readonly note?: string;
}

interface Choice {
  readonly architecture: Architecture;
  readonly note?: string;
}

/**
 * Works with a model that is to be exported; its weights are read as they are asked for if they are many.
 * @param wanted `best`: a folder's own architecture, a search's final or newest; or the beginning of the hash of any that the search tried
 * @throws as {@link withTarget} does; SnapEvoError `EXPORT_ARCHITECTURE_UNKNOWN`
 */
export function withExported<T>(
  chosen: TargetChoice,
  wanted: string,
  context: Pick<CliContext, 'currentFolder' | 'nowMs' | 'terminal'>,
  work: (exported: ExportedTarget) => Promise<T>,
): Promise<T> {
  return withTarget(chosen, context, async (target) => {
    const { name, runStatus, models: pipeline, unet, loadTrained } = target;
    const { architecture, ...rest } = choose(target, wanted, () =>
      readStore(
        chosen.resultsFolder,
        context.nowMs,
        (store) => store.readArchitectures(name),
        () => [],
      ),
    );
    const { weights } = (await loadTrained?.(unet.weights)) ?? pipeline.unet;
    const model = { pipeline, architecture, weights };
    return work({ name, ...(runStatus === undefined ? {} : { runStatus }), model, ...rest });
  });
}

function choose(
  { name, unet, loadTrained }: ModelTarget,
  wanted: string,
  readTried: () => readonly ArchitectureRecord[],
): Choice {
  const { architecture } = unet;
  const own = hashArchitecture(architecture);
  if (wanted === 'best' || own.startsWith(wanted)) return { architecture };
  const tried = loadTrained === undefined ? [] : readTried();
  const found = tried.filter(({ hash }) => hash.startsWith(wanted));
  const [first] = found;
  if (first === undefined || new Set(found.map(({ hash }) => hash)).size > 1) {
    throw unknownArchitecture(wanted, name, found.length);
  }
  return {
    architecture: parseArchitecture(first.canonicalForm),
    ...(found.some(({ weightsHash }) => weightsHash === unet.weights) ? {} : { note: otherWeights }),
  };
}

/** A search keeps its last weights alone. */
const otherWeights =
  'The weights this architecture was scored with are gone: it is exported with the search’s last ones, which were trained for another. Evaluate it before use.';

function unknownArchitecture(wanted: string, where: string, found: number): SnapEvoError {
  return new SnapEvoError({
    code: 'EXPORT_ARCHITECTURE_UNKNOWN',
    message: `expected "best" or the beginning of one architecture's hash, found ${JSON.stringify(wanted)}, which is that of ${found === 0 ? 'none' : 'several'}`,
    where,
    hint: '`snapevo show --json` has the hashes of what a search tried; a folder has its own alone.',
  });
}
