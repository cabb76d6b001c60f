import type { RunRecord, RunStatus } from '../../store/run-record.js';
import type { NewestUNet } from './newest-unet.js';

const standings: Readonly<Record<RunStatus, string>> = {
  running: 'is still going on',
  interrupted: 'was interrupted',
  failed: 'has failed',
  finished: 'is finished',
};

/**
 * What to know of a search whose UNet is taken: which one it is, unless it was named; and which UNet, unless it is the final one.
 * @returns undefined where there is nothing to know
 */
export function describeTaken(
  { id, status }: RunRecord,
  isNamed: boolean,
  newest: Pick<NewestUNet, 'round'> | undefined,
): string | undefined {
  const named = isNamed ? id : `Taking the newest search, ${id}`;
  if (status === 'finished') return isNamed ? undefined : `${named}.`;
  const unet = newest === undefined ? 'the one it started with' : `the newest so far${inRound(newest)}`;
  return `${named}${isNamed ? '' : ', which'} ${standings[status]}: its UNet is ${unet}.`;
}

function inRound({ round }: Pick<NewestUNet, 'round'>): string {
  return round === undefined ? '' : `, of round ${round}`;
}
