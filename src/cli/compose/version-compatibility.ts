const RELEASE = /^(\d+)\.(\d+)\.\d+$/;

/**
 * Whether results of these two versions of SnapEvo are not to be mixed. By semantic versioning, what a run finds may change with the major version, and
 * with the minor one as long as that is 0; never with a patch. A version before its release goes with itself alone.
 * @see https://semver.org/#spec-item-4
 */
export function mixesResults(before: string, now: string): boolean {
  return before !== now && resultsVersion(before) !== resultsVersion(now);
}

function resultsVersion(version: string): string {
  const [, major, minor] = RELEASE.exec(version) ?? [];
  if (major === undefined || minor === undefined) return version;
  return major === '0' ? `0.${minor}` : major;
}
