import type { OptimizeConfig } from '../../config/optimize-config.js';
import type { PretrainConfig } from '../../config/pretrain-config.js';
import type { SearchConfig } from '../../config/search-config.js';

/** Where inputs lie, by their names in a run's record; without those that come with SnapEvo. */
export type InputPlaces = Readonly<Record<string, string>>;

export function searchPlaces({ pipeline, evaluation, training }: SearchConfig): InputPlaces {
  const { scorer, captions } = evaluation;
  return {
    ...{ pipeline, scorer },
    ...(captions === null ? {} : { captions }),
    ...picturesPlace(training.pictures),
  };
}

export function optimizationPlaces(config: OptimizeConfig): InputPlaces {
  const { evolved, evaluation, training } = config;
  const captions = [evaluation.captions, training.pictures.folder]
    .filter((place) => place !== null)
    .join(' and ');
  return {
    ...searchPlaces(config),
    ...(evolved === null ? {} : { evolved }),
    ...(evaluation.captions === null ? {} : { comparisonCaptions: evaluation.captions }),
    ...(captions === '' ? {} : { decoderCaptions: captions }),
  };
}

export function pretrainPlaces({ pictures }: PretrainConfig): InputPlaces {
  return picturesPlace(pictures);
}

function picturesPlace({ folder, annotations }: SearchConfig['training']['pictures']): InputPlaces {
  const places = [annotations, folder].filter((place) => place !== null);
  return places.length === 0 ? {} : { pictures: places.join(' and ') };
}
