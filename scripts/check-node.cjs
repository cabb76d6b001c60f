// Runs before anything else of `npm start`, `npm test` and the like. CommonJS in the syntax of 2009, so that any Node at
// all can read it, and say what it is too old for.
var oldest = '20.19';
var found = process.versions.node;

/** @param {string} version */
function rankOf(version) {
  var parts = version.split('.');
  return 1000 * Number(parts[0]) + Number(parts[1]);
}

if (rankOf(found) < rankOf(oldest)) {
  console.error('SnapEvo needs Node ' + oldest + ' or newer, and this is Node ' + found + '.');
  console.error('Install a newer one than ' + process.execPath + ' from https://nodejs.org and try again.');
  process.exit(1);
}
