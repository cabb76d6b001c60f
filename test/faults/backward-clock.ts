/*
 * Loaded into the built program before anything else (see `preloaded`): each look at the time of day finds it a minute earlier.
 */

const startMs = Date.now();
let looks = 0;

Date.now = () => startMs - 60_000 * ++looks;
